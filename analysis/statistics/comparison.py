"""Two conditions compared over seeds: tests, effect sizes and a verdict that can be "undecidable".

The unit is one trained network (one seed). Whether the runs are paired is declared by the study,
never chosen by the result. The primary test (paired t, or Welch) decides; an exact test stands
beside it with the smallest p that it can give; every test is two-sided. Accuracies come in as
fractions; differences and margins are in points (100 x accuracy), or in a loss's own unit.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike

from analysis.rendering.formatting import (
    format_amount,
    format_level,
    format_margin,
    format_percent,
    format_range,
    format_runs,
    format_signed,
    format_two,
)
from analysis.statistics.corrections import Correction
from analysis.statistics.design import Design
from analysis.statistics.displayed import Displayed
from analysis.statistics.divergence import Failures, WorstCase, compare_divergence
from analysis.statistics.effects import Effects, correlation_of, effects_of
from analysis.statistics.grid import Floats, on_grid
from analysis.statistics.matching import Matched, match_by_seed, seed_ids, values_per_seed
from analysis.statistics.notes import (
    FRAGILE_SEEDS,
    divergence_notes,
    low_resolution_notes,
    no_variation_notes,
    planning_notes,
    sameness_notes,
    small_sample_notes,
    smallest_p_notes,
    worst_case_notes,
)
from analysis.statistics.significance import ExactTest
from analysis.statistics.text import (
    ALONE,
    UNADJUSTED,
    Rows,
    as_text,
    corrected,
    exact_text,
    in_family,
    rows_of_tests,
    used_row,
    worst_case_text,
)
from analysis.statistics.verdict import (
    Difference,
    Equivalence,
    PrimaryTest,
    Verdict,
    exact_test,
    primary_decision,
)


@dataclass(frozen=True, repr=False)
class Comparison(Displayed):
    """All that is known about A against B; `to_json` gives the object that programs read.

    Attributes:
        a: Name of the first condition; b: of the second.
        unit: "points" for accuracies, else the metric's own unit.
        n: Pairs used; unpaired: the smaller of `n_a` and `n_b`.
        planned: Seeds planned; for pairs without a plan, all seeds seen on either side.
        mean_a: Mean of A over the runs used, in the metric's unit (a fraction for an accuracy).
        values_a: The values used, by seed id if paired, else ascending; `values_b` likewise.
        correlation: Pearson's r of the pairs.
        failures: Divergence rates; None if one side has no runs at all.
        p_adjusted: The primary p within its family of `family` comparisons, by `correction`.
        exact_p_adjusted: The exact test's p, adjusted in the same way.
        noun: What the two runs of one seed are called; kind: what a family of these is.
    """

    noun: ClassVar[str] = "pair"
    kind: ClassVar[str] = "comparisons"

    study: str | None
    variant: str | None
    metric: str
    class_: Hashable | None
    a: str
    b: str
    unit: str
    paired: bool
    n: int
    n_a: int
    n_b: int
    planned: int | None
    mean_a: float | None
    mean_b: float | None
    values_a: tuple[float, ...]
    values_b: tuple[float, ...]
    correlation: float | None
    difference: Difference
    test: PrimaryTest
    exact: ExactTest
    effects: Effects
    equivalence: Equivalence | None
    failures: Failures | None
    verdict: Verdict
    notes: tuple[str, ...]
    p_adjusted: float | None = None
    exact_p_adjusted: float | None = None
    family: int | None = None
    correction: Correction | None = None

    def __str__(self) -> str:
        """The comparison in words, see `explain`."""
        return explain(self)

    @property
    def note(self) -> str:
        """All notes in one line; empty if there is none."""
        return "; ".join(self.notes)

    @property
    def worst_case(self) -> WorstCase | None:
        """The same with diverged runs at chance; None if none diverged."""
        return self.failures.worst_case if self.failures else None

    def with_worst_case(self, worst: WorstCase | None) -> Self:
        """The same with another worst case, where runs diverged."""
        return replace(self, failures=self.failures and replace(self.failures, worst_case=worst))

    def to_json(self) -> dict[str, Any]:
        """Plain objects for `json.dumps`; a missing figure is None, never NaN or infinite."""
        record = asdict(self)
        class_, effects = record.pop("class_"), record.pop("effects")
        record["notes"] = self.note
        first = ("study", "variant", "metric", "a", "b", "paired", "n", "planned", "difference")
        result = {key: record.pop(key) for key in first}
        result |= {key: record.pop(key) for key in ("test", "exact")}
        result["effects"] = {effects.pop("name"): effects.pop("value"), **effects}
        result |= {"verdict": record.pop("verdict"), "note": record.pop("notes")}
        in_family = {
            key: record.pop(key)
            for key in ("p_adjusted", "exact_p_adjusted", "family", "correction")
        }
        del record["values_a"], record["values_b"]
        result |= record
        if class_ is not None:
            result["class"] = class_.item() if isinstance(class_, np.generic) else class_
        return result | (in_family if self.family is not None else {})


def compare(  # noqa: PLR0913  # a user's options
    a: ArrayLike, b: ArrayLike, *, paired: bool,
    seeds_a: Sequence[Hashable] | None = None, seeds_b: Sequence[Hashable] | None = None,
    n_test: int | None = None, margin: float | None = None, unit: str = "points",
    planned: int | None = None, level: float = 0.95, chance: float | None = None,
    study: str | None = None, variant: str | None = None, metric: str = "accuracy",
    name_a: str = "A", name_b: str = "B", class_: Hashable | None = None,
    monte_carlo_seed: int = 0,
) -> Comparison:  # fmt: skip
    """Compare one metric of two conditions over seeds.

    Example:
        >>> compare([.84, .85, .83], [.80, .82, .80], paired=True,
        ...         seeds_a=[0, 1, 2], seeds_b=[2, 1, 0]).difference.points  # doctest: +SKIP
        3.33

    Args:
        a: One value per run of the first condition, [n]: fractions, or any number if `unit` names
            a loss. NaN (for a loss also an infinity) marks a diverged run, which is an outcome; a
            run that crashed is left out.
        b: The same for the second condition, [m].
        paired: Whether the conditions share their seeds. Declared by the design of the study.
        seeds_a: Seed of every value of `a`; needed for pairs, which are matched by it.
        seeds_b: The same for `b`.
        n_test: Test examples behind every accuracy, where known: the exact tests then count them.
        margin: Largest difference that does not matter, in points (a loss's unit), given
            beforehand; without it nothing is ever called equivalent.
        unit: "points" for accuracies, else the name of the metric's unit ("nats").
        planned: Number of seeds planned per condition, stored with the first run.
        level: Confidence level; tests are at 1 - level.
        chance: What a network that guesses scores: stands for diverged runs in the worst case.
        study: Name of the study, for the record, as are the next four.
        variant: Variant of the study.
        metric: Name of the metric.
        name_a: Name of the first condition.
        name_b: Name of the second condition.
        class_: Class that the values belong to, if they are one class's.
        monte_carlo_seed: Seed of the random sign flips that stand in where no exact method is
            affordable (over 36 pairs of arbitrary real numbers).

    Returns:
        The comparison; the difference is A minus B.

    Raises:
        ValueError: If values, seeds or options are not as described. One line: what was received,
            what is expected, how to mend it.
    """
    design = Design(paired, unit, level, margin, chance, n_test, planned)
    x, y = values_per_seed(a, unit, name_a), values_per_seed(b, unit, name_b)
    ids = seed_ids(seeds_a, x.size, name_a), seed_ids(seeds_b, y.size, name_b)
    matched = match_by_seed(x, y, *ids, (name_a, name_b)) if paired else Matched(x, y)
    if planned is None and matched.seen:
        design = replace(design, planned=matched.seen)
    return Comparison(
        study=study, variant=variant, metric=metric, class_=class_, a=name_a, b=name_b, unit=unit,
        paired=paired, planned=design.planned,
        **_figures(matched, design, name_a, name_b, monte_carlo_seed),
    )  # fmt: skip


def _figures(
    matched: Matched, design: Design, name_a: str, name_b: str, monte_carlo_seed: int
) -> dict[str, Any]:
    """Everything that a comparison finds out, by the names of its fields."""
    x, y = matched.ended()
    used = on_grid(x, y, design.paired, design.n_test, design.unit)
    primary = primary_decision(used, design.scale, design.level, design.margin)
    exact = exact_test(used, primary.test.p is not None, monte_carlo_seed)
    failures = compare_divergence(matched.x, matched.y, design)
    # The reason for "undecidable" comes first: the verdict's sentence quotes it.
    notes = [
        *no_variation_notes(used, design.scale, design.unit, f"{name_a} minus {name_b}"),
        *small_sample_notes(used),
        *low_resolution_notes(used),
        *sameness_notes(used, name_a, name_b, design.chance),
        *matched.notes,
        *divergence_notes(failures, name_a, name_b, design.chance),
        *worst_case_notes(
            primary.verdict, primary.difference.points, failures.worst_case if failures else None
        ),
        *smallest_p_notes(used, exact, design.alpha),
        *planning_notes(matched.runs, design.planned),
    ]
    return {
        "n": used.n,
        "n_a": used.ka.size,
        "n_b": used.kb.size,
        "mean_a": _mean(x),
        "mean_b": _mean(y),
        "values_a": tuple(x.tolist()),
        "values_b": tuple(y.tolist()),
        "correlation": correlation_of(used) if design.paired else None,
        "difference": primary.difference,
        "test": primary.test,
        "equivalence": primary.equivalence,
        "verdict": primary.verdict,
        "exact": exact,
        "effects": effects_of(used),
        "failures": failures,
        "notes": tuple(notes),
    }


def _mean(values: Floats) -> float | None:
    return float(values.mean()) if values.size else None


def explain(comparison: Comparison) -> str:
    """A comparison as text: one sentence of verdict, then every number with its name.

    Args:
        comparison: What `compare` returned, in a family or not.

    Returns:
        Lines of plain ASCII, for a reader who has had one course in statistics.
    """
    c = comparison
    difference = f"{format_signed(c.difference.points, c.unit)} ({c.a} minus {c.b})"
    rows = [
        *_rows_of_values(c),
        *rows_of_tests(c, "difference", difference),
        ("effect sizes", _effects_text(c)),
    ]
    if c.paired:
        rows.append(("pairs' correlation", f"r = {format_two(c.correlation)}"))
    if c.failures is not None and c.failures.a.diverged + c.failures.b.diverged:
        rows += _rows_of_failures(c, c.failures)
    rows.append(used_row(format_runs(c.n_a, c.n_b, paired=c.paired), c.planned))
    return as_text(c, sentence(c), rows)


def sentence(c: Comparison) -> str:
    """The verdict on a comparison."""
    d = c.difference
    what = c.metric if c.class_ is None else f"{c.metric} of class {c.class_}"
    if d.points is None or d.ci_low is None or d.ci_high is None or c.verdict == "undecidable":
        return f"Undecidable, {what} of {c.a} and {c.b}: {c.notes[0]}."
    count = format_runs(c.n_a, c.n_b, paired=c.paired)
    margin = format_margin(c.equivalence.margin, c.unit) if c.equivalence else ""
    if c.verdict == "inconclusive":
        ends = f"{format_range(d.ci_low, d.ci_high, c.unit)}{in_family(c, UNADJUSTED)}"
        return (
            f"Inconclusive: {count} do not tell {c.a} and {c.b} apart in {what}{corrected(c)}; the "
            f"difference may lie anywhere from {ends}."
        )
    if c.verdict == "equivalent":
        runs = f"{count}{in_family(c, ALONE)}"
        return f"Equivalent: {what} of {c.a} and {c.b} differs by less than {margin} ({runs})."
    direction = (
        f"{what} of {c.a} is {format_amount(abs(d.points), c.unit)} "
        f"{'higher' if d.points > 0 else 'lower'} than of {c.b}"
    )
    if c.verdict == "different":
        return f"Different: {direction} ({count}{corrected(c)})."
    runs = f"{count}{corrected(c)}{in_family(c, ALONE)}"
    return f"Different, but within the margin of {margin}: {direction} ({runs})."


def _rows_of_values(c: Comparison) -> Rows:
    """Both means; where runs are few, every value as well."""
    sides = ((c.a, c.mean_a, c.values_a), (c.b, c.mean_b, c.values_b))
    rows = [(f"mean of {name}", format_level(mean, c.unit)) for name, mean, _ in sides]
    if 2 <= c.n <= FRAGILE_SEEDS:
        rows += [
            (f"values of {name}", ", ".join(format_level(value, c.unit) for value in values))
            for name, _, values in sides
        ]
    return rows


def _effects_text(c: Comparison) -> str:
    f = c.effects
    return (
        f"{f.name if f.name == 'd_z' else 'Hedges g'} = {format_two(f.value)}, "
        f"P({c.a} > {c.b}) = {format_two(f.p_superiority)} "
        f"({'within pairs' if c.paired else 'over all pairings of runs'}), "
        f"Cliff's delta = {format_two(f.cliffs_delta)}"
    )


def _rows_of_failures(c: Comparison, failures: Failures) -> Rows:
    """Both rates of divergence, their comparison, and the worst case."""
    rows = [
        (
            f"diverged, {name}",
            f"{rate.diverged} of {rate.n}, rate {rate.rate:.2f}, "
            f"{format_percent(c.difference.level)} Wilson interval "
            f"{rate.ci_low:.2f} to {rate.ci_high:.2f}",
        )
        for name, rate in ((c.a, failures.a), (c.b, failures.b))
    ]
    rows.append(("divergence compared", exact_text(failures.test)))
    worst = failures.worst_case
    if worst is not None:
        rows.append(("worst case", worst_case_text(c, worst, worst.verdict)))
    return rows
