"""All that is known about A against B over seeds: its figures, its JSON, and what it says."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, ClassVar

import numpy as np

from analysis.rendering.formatting import (
    decimals_for,
    format_amount,
    format_level,
    format_margin,
    format_p,
    format_percent,
    format_range,
    format_runs,
    format_signed,
    format_two,
)
from analysis.statistics.anytime import anytime_interval
from analysis.statistics.corrections import Correction
from analysis.statistics.displayed import Displayed
from analysis.statistics.divergence import Failures, WorstCase
from analysis.statistics.effects import Effects
from analysis.statistics.examples_behind import ExamplesBehind
from analysis.statistics.grid import UsedRuns
from analysis.statistics.looks import Looked
from analysis.statistics.notes import FRAGILE_SEEDS, Note
from analysis.statistics.significance import ExactTest
from analysis.statistics.verdict import Decision, Difference, Equivalence, PrimaryTest, Verdict

Rows = list[tuple[str, str]]
"""Lines of a text: a name, and what there is to say."""
CORRECTION_NAMES = {
    "max-t": "max-t",
    "step-down": "step-down max-t",
    "holm": "Holm",
    "bonferroni": "Bonferroni",
    "bh": "Benjamini-Hochberg",
    "by": "Benjamini-Yekutieli",
    "sequential": "group-sequential boundaries",
}
IN_FAMILY = ("p_adjusted", "exact_p_adjusted", "family", "correction")
"""What a comparison has in a family alone."""


@dataclass(frozen=True, repr=False, kw_only=True)
class Comparison(Displayed):
    """All that is known about A against B; `to_json` gives the object that programs read.

    Attributes:
        a: Name of the first condition; b: of the second.
        unit: "points" for accuracies, else the metric's own unit.
        n: Pairs used; unpaired: the smaller of `n_a` and `n_b`.
        planned: Seeds planned, if anybody did.
        mean_a: Mean of A over the runs used, in the metric's unit (a fraction for an accuracy).
        values_a: The values used, by seed id if paired, else ascending; `values_b` likewise.
        correlation: Pearson's r of the pairs.
        failures: Divergence rates; None if one side has no runs at all.
        test_set: What the test set adds to the uncertainty, where its size is known.
        worst_case: The same with diverged runs at chance; None if none diverged.
        notes: What a reader must know; that of an undecidable one begin with the reason.
        p_adjusted: The primary p within its family of `family` comparisons, by `correction`.
        exact_p_adjusted: The exact test's p, adjusted in the same way.
        looks: What its looks came to, of a comparison under a plan of looks.
        used: The runs that were compared, as integers.
        noun: What the two runs of one seed are called; kind: what a family of these is.
        json_keys: The keys of its JSON, in their order.
        sentences: What each verdict says; left_open: before an interval.

    Examples:
        >>> from studies import read
        >>> found = read("class-order").compare("class-sequential", "shuffled")
        >>> found.verdict, round(found.difference.points, 2)
        ('different', -18.93)
    """

    noun: ClassVar[str] = "pair"
    kind: ClassVar[str] = "comparisons"
    json_keys: ClassVar[tuple[str, ...]] = (
        *("study", "variant", "metric", "a", "b", "paired", "n", "planned", "difference", "test"),
        *("exact", "effects", "verdict", "note", "unit", "n_a", "n_b", "mean_a", "mean_b"),
        *("correlation", "equivalence", "failures", "test_set"),
    )
    sentences: ClassVar[Mapping[Verdict, str]] = {
        "undecidable": "Undecidable, {what} of {a} and {b}: {reason}.",
        "inconclusive": "Inconclusive: {runs} do not tell {a} and {b} apart in {what}{corrected}"
        "{open}.",
        "equivalent": "Equivalent: {what} of {a} and {b} differs by less than {margin} "
        "({runs}{corrected}{inside}).",
        "different": "Different: {what} of {a} is {amount} {higher} than of {b}{where} "
        "({runs}{corrected}).",
        "different-within-margin": "Different, but within the margin of {margin}: {what} of {a} is "
        "{amount} {higher} than of {b}{where} ({runs}{corrected}{inside}).",
    }
    left_open: ClassVar[str] = "; the difference may lie anywhere from "

    study: str | None
    variant: str | None
    metric: str
    class_: Hashable | None = None
    a: str
    b: str
    unit: str
    paired: bool
    n: int
    n_a: int
    n_b: int
    planned: int | None
    mean_a: float | None = None
    mean_b: float | None = None
    values_a: tuple[float, ...] = ()
    values_b: tuple[float, ...] = ()
    correlation: float | None = None
    difference: Difference
    test: PrimaryTest
    exact: ExactTest
    effects: Effects
    equivalence: Equivalence | None
    failures: Failures | None = None
    test_set: ExamplesBehind | None = None
    worst_case: WorstCase | None
    verdict: Verdict
    notes: tuple[Note, ...]
    used: UsedRuns = field(compare=False)
    p_adjusted: float | None = None
    exact_p_adjusted: float | None = None
    family: int | None = None
    correction: Correction | None = None
    looks: Looked | None = None

    def __str__(self) -> str:
        """The comparison in words, see `explain`."""
        return explain(self)

    @property
    def decision(self) -> Decision:
        """What the primary test says."""
        return Decision(
            self.difference, self.test, self.equivalence, self.verdict, self.used, self.p_adjusted
        )

    @property
    def label(self) -> tuple[str, Hashable]:
        """What sets it apart in a table of its family: the column, and its cell there."""
        if self.class_ is not None:
            return "class", self.class_
        return "comparison", f"{self.a} - {self.b}"

    @property
    def note(self) -> str:
        """All notes in one line; empty if there is none."""
        return "; ".join(map(str, self.notes))

    @property
    def reason(self) -> tuple[Note, ...]:
        """The note on why it cannot be decided, which its sentence quotes."""
        return self.notes[: self.verdict == "undecidable"]

    @property
    def reading(self) -> str:
        """The verdict in the words of the question."""
        return self.reading_of(self.verdict, self.difference.points)

    def reading_of(self, verdict: Verdict, points: float | None) -> str:
        """A verdict on such a difference in the words of the question."""
        return verdict

    def to_json(self) -> dict[str, Any]:
        """Plain objects for `json.dumps`; a missing figure is None, never NaN or infinite."""
        parts = self.json_parts()
        of_class = ("class",) if self.class_ is not None else ()
        family = IN_FAMILY if self.family is not None else ()
        looks = ("looks",) if self.looks is not None else ()
        return {key: parts[key] for key in (*self.json_keys, *of_class, *family, *looks)}

    def json_parts(self) -> dict[str, Any]:
        """All that its JSON may hold, by `json_keys`."""
        bare = replace(self, worst_case=None)
        record = asdict(bare)
        worst = self.worst_case and self.worst_case.to_json()
        effects, failures = record["effects"], record["failures"]
        return record | {
            "worst_case": worst,
            "effects": {effects.pop("name"): effects.pop("value"), **effects},
            "failures": failures and failures | {"worst_case": worst},
            "note": self.note,
            "test_set": self._test_set_json(),
            "class": plain(self.class_),
            "looks": self.looks and self.looks.to_json(),
        }

    def _test_set_json(self) -> dict[str, Any] | None:
        if self.test_set is None:
            return None
        low, high = self.test_set.interval(self.difference) or (None, None)
        bound = None if self.test_set.exact else "unpaired"
        return asdict(self.test_set) | {"ci_low": low, "ci_high": high, "bound": bound}

    @property
    def this_test_set_alone(self) -> bool:
        """Whether a difference was found that another test set might not show."""
        ends = self.test_set.interval(self.difference) if self.test_set else None
        return ends is not None and ends[0] <= 0 <= ends[1]

    def subject(self) -> dict[str, str]:
        """What the sentence is about, by its names in `sentences`."""
        what = self.metric if self.class_ is None else f"{self.metric} of class {self.class_}"
        return {"what": what, "a": self.a, "b": self.b}

    def rows_of_values(self) -> Rows:
        """Both means; where runs are few, every value as well."""
        sides = ((self.a, self.mean_a, self.values_a), (self.b, self.mean_b, self.values_b))
        rows = [(f"mean of {name}", format_level(mean, self.unit)) for name, mean, _ in sides]
        if 2 <= self.n <= FRAGILE_SEEDS:
            rows += [
                (f"values of {name}", ", ".join(format_level(value, self.unit) for value in values))
                for name, _, values in sides
            ]
        return rows

    def difference_row(self) -> tuple[str, str]:
        """What is tested, and how large it is."""
        size = format_signed(self.difference.points, self.unit, decimals_of(self.difference))
        return "difference", f"{size} ({self.a} minus {self.b})"

    @property
    def level_alone(self) -> str:
        """The level of an interval that its family does not change, in words."""
        unadjusted = "" if self.family is None else "unadjusted "
        return f"{unadjusted}{format_percent(self.difference.level)}"

    def rows_of_effects(self) -> Rows:
        """Effect sizes, the pairs' correlation, and where runs diverged how many did."""
        f, level = self.effects, self.level_alone
        among = "" if self.paired else " of all pairings of runs"
        rows = [
            ("effect sizes", standardised_text(f, level)),
            (f"P({self.a} > {self.b})", superiority_text(f, level, among)),
            (
                "Cliff's delta",
                format_two(f.cliffs_delta) + (" (ignores the pairs)" if self.paired else ""),
            ),
        ]
        if self.paired:
            rows.append(("pairs' correlation", f"r = {format_two(self.correlation)}"))
        if self.failures is not None and self.failures.any:
            rows += [
                (
                    f"diverged, {name}",
                    f"{rate.diverged} of {rate.n}, rate {rate.rate:.2f}, "
                    f"{level} Wilson interval "
                    f"{rate.ci_low:.2f} to {rate.ci_high:.2f}",
                )
                for name, rate in ((self.a, self.failures.a), (self.b, self.failures.b))
            ]
            rows.append(("divergence compared", _exact_text(self.failures.test)))
        return rows


def standardised_text(f: Effects, level: str) -> str:
    """The standardised difference, without its small-sample bias, and its interval."""
    text = f"{f.name if f.name == 'd_z' else 'Hedges g'} = {format_two(f.value)}"
    if f.ci_low is None or f.ci_high is None:
        return text
    return f"{text} (unbiased), {level} interval {f.ci_low:.2f} to {f.ci_high:.2f}"


def superiority_text(f: Effects, level: str, among: str) -> str:
    """The probability of superiority, what it is made of, and its interval."""
    if f.p_superiority is None or f.superiority_low is None or f.superiority_high is None:
        return "none"
    return (
        f"{f.p_superiority:.2f} ({f.higher} higher, {f.equal} equal, {f.lower} lower{among}), "
        f"{level} interval {f.superiority_low:.2f} to {f.superiority_high:.2f}"
    )


@dataclass(frozen=True)
class Explanation:
    """What is said of a comparison.

    Attributes:
        sentence: The verdict.
        rows: Every figure: its name, and its text.
        notes: Those that the sentence does not quote.
    """

    sentence: str
    rows: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]


def explanation(c: Comparison) -> Explanation:
    """What there is to say of a comparison or an interaction, in a family or not."""
    rows = [*c.rows_of_values(), *_rows_of_tests(c), *c.rows_of_effects()]
    if c.worst_case is not None:
        rows.append(("worst case", _worst_case_text(c, c.worst_case)))
    if any(note.kind == "more than planned" for note in c.notes):
        rows.append(("however many", _anytime_text(c)))
    planned = f" of {c.planned} planned" if c.planned is not None else ""
    rows.append(("used", f"{runs_of(c)}{planned}"))
    notes = c.notes[len(c.reason) :]
    return Explanation(sentence(c), tuple(rows), tuple(map(str, notes)))


def explain(comparison: Comparison) -> str:
    """A comparison as text: one sentence of verdict, then every number with its name.

    Args:
        comparison: What `compare` or `double_difference` returned, in a family or not.

    Returns:
        Lines of plain ASCII, for a reader who has had one course in statistics.

    Examples:
        >>> from analysis import compare, explain
        >>> found = compare([0.84, 0.85, 0.83], [0.80, 0.82, 0.80], paired=True,
        ...                 seeds_a=range(3), seeds_b=range(3), name_a="replay", name_b="plain")
        >>> print(explain(found).splitlines()[0])
        Different: accuracy of replay is 3.33 points higher than of plain (3 pairs).
    """
    said = explanation(comparison)
    rows = [*said.rows, *(("note", note) for note in said.notes)]
    width = max(len(name) for name, _ in rows)
    return "\n".join([said.sentence, "", *(f"{name:<{width}}  {text}" for name, text in rows)])


def sentence(c: Comparison) -> str:
    """The verdict on a comparison or an interaction."""
    d, e = c.difference, c.equivalence
    several = c.family is not None and c.family > 1
    diverged = _diverged(c)
    if c.verdict == "different" and c.test.p is None:
        return f"Different in divergence: {diverged}."
    interval = range_of(d, c.unit)
    if several or c.looks:
        interval += f" ({_kind(c, d.joint)}{format_percent(d.level)} interval)"
    said = c.sentences[c.verdict].format(
        **c.subject(),
        reason="; ".join(map(str, c.reason)),
        runs=runs_of(c),
        # An interval that is not of the family may leave out 0 where the family does not.
        open=f"{c.left_open}{interval}" if d.joint or not several else "",
        margin=format_margin(e.margin, c.unit) if e else "",
        amount=format_amount(abs(d.points or 0.0), c.unit, decimals_of(d)),
        higher="higher" if (d.points or 0.0) > 0 else "lower",
        where=" on this test set" if c.this_test_set_alone else "",
        # In a family the intervals of its table are those of the differences.
        inside=f"; {_interval(c, e)}" if several and not c.looks and e and e.joint else "",
        corrected=_corrected(c) if several or c.looks else "",
    )
    return f"{said} Diverged: {diverged}." if diverged else said


def _corrected(c: Comparison) -> str:
    """What the verdict takes into account: the looks, and the comparisons of the family."""
    if c.looks is None:
        return f", after {correction_name(c)} over {c.family} {c.kind}"
    shared = f", error shared by {c.family} {c.kind}" if c.looks.plan.shared else ""
    return f", {c.looks.place}{shared}"


def _diverged(c: Comparison) -> str:
    """How many runs of either condition diverged, and the test of it; empty where none did."""
    if c.failures is None or not c.failures.any:
        return ""
    a, b, test = c.failures.a, c.failures.b, c.failures.test
    text = f"{a.diverged} of {a.n} runs of {c.a}, {b.diverged} of {b.n} of {c.b}"
    if test.p is None:
        return text
    adjusted = ""
    if c.family is not None and c.family > 1:
        adjusted = f", adjusted {format_p(min(1.0, c.family * test.p))} (Bonferroni)"
    return f"{text} ({test.name} {format_p(test.p)}{adjusted})"


def decimals_of(d: Difference) -> int:
    """Decimals of a difference in points that tell its interval's ends apart."""
    return 2 if d.ci_low is None or d.ci_high is None else decimals_for(d.ci_low, d.ci_high)


def plain(value: Any) -> Any:
    """A seed's or a class's name as JSON has it."""
    return value.item() if isinstance(value, np.generic) else value


def runs_of(c: Comparison) -> str:
    """How many runs were compared, in words."""
    return format_runs(c.n_a, c.n_b, paired=c.paired, noun=c.noun)


def range_of(of: Difference | Equivalence, unit: str) -> str:
    """An interval, empty where there is none."""
    if of.ci_low is None or of.ci_high is None:
        return ""
    return format_range(of.ci_low, of.ci_high, unit)


def correction_name(c: Comparison) -> str:
    """The correction of its family, by the name of its authors."""
    return CORRECTION_NAMES[c.correction or "bonferroni"]


def _rows_of_tests(c: Comparison) -> Rows:
    """The difference with its interval, the primary test, the exact one, the margin's."""
    name, difference = c.difference_row()
    interval = _interval(c, c.difference) or "no interval"
    # Mann-Whitney's ranks differ where means are the same and the spreads are not.
    distributions = "" if c.paired else "; of the distributions, not of the means alone"
    rows = [
        (name, f"{difference}, {interval}"),
        (c.test.name, _primary_text(c)),
        ("exact test", _exact_text(c.exact) + _exact_adjusted(c) + distributions),
    ]
    if c.test_set is not None:
        rows.append(("test set", _test_set_text(c, c.test_set)))
    if c.equivalence is not None:
        rows.append(("equivalence", _margin_text(c, c.equivalence)))
    return rows


def _test_set_text(c: Comparison, behind: ExamplesBehind) -> str:
    """What more seeds do not tell: how far the test set stands for others."""
    found = "paired by stored predictions, " if behind.exact else ""
    most = "" if behind.exact else "at most "
    text = (
        f"{behind.n_test:,} examples, {found}whose own standard error is {most}"
        f"{format_amount(behind.standard_error, c.unit)}"
    )
    ends = behind.interval(c.difference)
    if ends is None:
        return text
    level = f"{_kind(c, c.difference.joint)}{format_percent(c.difference.level)} interval"
    bound = "" if behind.exact else " (a bound)"
    return f"{text}; for a new network and test set {level} {format_range(*ends, c.unit)}{bound}"


def _anytime_text(c: Comparison) -> str:
    """What holds of seeds that were added after a look, and what that costs."""
    alpha = (1 - c.difference.level) / (c.family or 1)
    ends = anytime_interval(c.difference, c.n_a, c.n_b, paired=c.paired, alpha=alpha)
    if ends is None:
        return "no anytime-valid interval of so few runs, or of unequal numbers of them"
    d, level = c.difference, format_percent(c.difference.level)
    text = f"anytime-valid {level} interval {format_range(*ends, c.unit)}"
    if c.family is not None:
        text += f" (Bonferroni over {c.family})"
    if d.ci_low is not None and d.ci_high is not None:
        text += f", {(ends[1] - ends[0]) / (d.ci_high - d.ci_low):.1f} times as wide"
    return f"{text} (Wang & Ramdas 2025): it holds at every number of seeds"


def _interval(c: Comparison, of: Difference | Equivalence) -> str:
    """An interval with its level, and what it is in a family; empty where there is none."""
    if not (ends := range_of(of, c.unit)):
        return ""
    return f"{_kind(c, of.joint)}{format_percent(of.level)} interval {ends}"


def _kind(c: Comparison, joint: bool) -> str:
    """What an interval is in a family; nothing alone."""
    if c.family is None:
        return ""
    if c.looks is not None:
        return "repeated "
    return "simultaneous " if joint else "unadjusted "


def _primary_text(c: Comparison) -> str:
    if c.test.p is None or c.test.statistic is None or c.test.df is None:
        return "no test"
    df = f"{c.test.df:.0f}" if c.paired else f"{c.test.df:.2f}"
    adjusted = ""
    if c.looks is not None:
        adjusted = f"; {c.looks.boundary_text}"
    elif c.p_adjusted is not None:
        adjusted = f", adjusted {format_p(c.p_adjusted)} ({correction_name(c)} over {c.family})"
    unadjusted = "unadjusted " if adjusted else ""
    return (
        f"t({df}) = {c.test.statistic:.2f}, {unadjusted}{format_p(c.test.p)}, two-sided{adjusted}"
    )


def _exact_adjusted(c: Comparison) -> str:
    """The exact test's p within a family; by Holm where the rate of false discoveries is not."""
    if c.exact_p_adjusted is None:
        return ""
    by = correction_name(c) if c.correction in ("bh", "by") else "Holm"
    return f", adjusted {format_p(c.exact_p_adjusted)} ({by})"


def _exact_text(test: ExactTest) -> str:
    """An exact test with its p, and the smallest that it could give."""
    if test.p is None:
        return f"{test.name}: no test"
    text = f"{test.name}: {format_p(test.p)}"
    if test.p_smallest is not None:
        text += f" (the smallest it could give: {format_p(test.p_smallest)})"
    return text


def _margin_text(c: Comparison, e: Equivalence) -> str:
    """The margin, and whether the difference was shown to lie inside it."""
    text = f"margin {format_margin(e.margin, c.unit)}: "
    if e.p is None:
        return f"{text}not tested"
    text += f"{_interval(c, e)} {'inside' if e.inside else 'not inside'}"
    if c.looks is not None:
        return text
    text += ", two one-sided t-tests "
    if e.p_adjusted is None:
        return text + format_p(e.p)
    return f"{text}unadjusted {format_p(e.p)}, adjusted {format_p(e.p_adjusted)}"


def _worst_case_text(c: Comparison, worst: WorstCase) -> str:
    """The difference with diverged runs at chance, and how it reads."""
    found = worst.decision
    text = format_signed(worst.points, c.unit)
    if interval := _interval(c, found.difference):
        text += f", {interval}"
    unadjusted = "unadjusted " if found.p_adjusted is not None else ""
    if found.test.p is not None:
        text += f", {unadjusted}{format_p(found.test.p)}"
    if found.p_adjusted is not None:
        text += f", adjusted {format_p(found.p_adjusted)}"
    reading = c.reading_of(worst.verdict, worst.points)
    return f"{text}: {reading} (diverged runs at chance)"
