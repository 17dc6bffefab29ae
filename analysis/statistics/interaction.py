"""Do two effects add up, or does each change the other? A difference of differences over seeds.

Two treatments A and B give four conditions: neither, A alone, B alone, both. Per seed, the effect
of A with B minus its effect without B is

    (both - only_b) - (only_a - neither) = (both + neither) - (only_a + only_b),

which is 0 where the effects add up, and is the same with A and B exchanged. Over the seeds this is
a paired comparison of two sums, so it has the tests of one. What it does not have: Cliff's delta
and the pairs' correlation, which mean nothing for sums of two conditions.

Effects are added up in the metric's own unit, points for accuracies: see decision 8.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, ClassVar, Protocol, Self

import numpy as np
from numpy.typing import ArrayLike

from analysis.rendering.formatting import (
    format_amount,
    format_margin,
    format_range,
    format_runs,
    format_signed,
    format_two,
)
from analysis.statistics.corrections import Correction
from analysis.statistics.design import Design
from analysis.statistics.displayed import Displayed
from analysis.statistics.divergence import WorstCase, worst_case
from analysis.statistics.effects import Effects, effects_of
from analysis.statistics.grid import Floats, double_differences_on_grid
from analysis.statistics.interaction_notes import (
    bounds_notes,
    crossed_divergence_notes,
    crossed_sameness_notes,
)
from analysis.statistics.matching import match_in_all, seed_ids, values_per_seed
from analysis.statistics.notes import (
    FRAGILE_SEEDS,
    no_variation_notes,
    planning_notes,
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


class Crossing(Protocol):
    """Two treatments in words, and the four conditions that cross them."""

    @property
    def a(self) -> str: ...  # noqa: D102
    @property
    def b(self) -> str: ...  # noqa: D102
    @property
    def neither(self) -> str: ...  # noqa: D102
    @property
    def only_a(self) -> str: ...  # noqa: D102
    @property
    def only_b(self) -> str: ...  # noqa: D102
    @property
    def both(self) -> str: ...  # noqa: D102


@dataclass(frozen=True, repr=False)
class DoubleDifference(Displayed):
    """All that is known about one interaction; `to_json` gives the object that programs read.

    Attributes:
        a: The first treatment in words; b: the second.
        neither: Name of the condition without either; `only_a`, `only_b` and `both` likewise.
        higher_is_better: Whether a higher metric is better; None where that cannot be said.
        seeds: The seeds used: those that finished in all four conditions.
        differences: The difference of differences of each of them, in `unit`.
        means: Mean of each condition over these seeds, in the metric's unit; empty without seeds.
        difference: The mean of `differences`, with its unadjusted t-interval.
        effects: `p_superiority` is the proportion of seeds above 0; `cliffs_delta` is always None.
        worst_case: The same with diverged runs at chance; None if none diverged.
        verdict: From the closed list of all comparisons; `reading` puts it in words.
    """

    noun: ClassVar[str] = "seed"
    kind: ClassVar[str] = "interactions"
    paired: ClassVar[bool] = True

    study: str | None
    variant: str | None
    metric: str
    a: str
    b: str
    neither: str
    only_a: str
    only_b: str
    both: str
    unit: str
    higher_is_better: bool | None
    planned: int | None
    seeds: tuple[Hashable, ...]
    differences: tuple[float, ...]
    means: Mapping[str, float]
    difference: Difference
    test: PrimaryTest
    exact: ExactTest
    effects: Effects
    equivalence: Equivalence | None
    worst_case: WorstCase | None
    verdict: Verdict
    notes: tuple[str, ...]
    p_adjusted: float | None = None
    exact_p_adjusted: float | None = None
    family: int | None = None
    correction: Correction | None = None

    def __str__(self) -> str:
        """The interaction in words, see `explain_interaction`."""
        return explain_interaction(self)

    @property
    def n(self) -> int:
        """Number of seeds used."""
        return len(self.seeds)

    @property
    def reading(self) -> str:
        """The verdict in the words of the question: do the effects add up?"""
        return reading_of(self.verdict, self.difference.points, self.higher_is_better)

    def with_worst_case(self, worst: WorstCase | None) -> Self:
        """The same with another worst case."""
        return replace(self, worst_case=worst)

    def to_json(self) -> dict[str, Any]:
        """Plain objects for `json.dumps`; a missing figure is None, never NaN or infinite."""
        record = asdict(self)
        effects = record.pop("effects")
        cells = {name: record.pop(name) for name in ("neither", "only_a", "only_b", "both")}
        first = ("study", "variant", "metric", "a", "b")
        result = {key: record.pop(key) for key in first}
        result |= {"conditions": cells, "n": self.n}
        result |= {key: record.pop(key) for key in ("planned", "difference", "test", "exact")}
        result["effects"] = {effects.pop("name"): effects.pop("value"), **effects}
        result |= {"verdict": record.pop("verdict"), "reading": self.reading}
        result["note"] = "; ".join(record.pop("notes"))
        result["seeds"] = [
            seed.item() if isinstance(seed, np.generic) else seed for seed in record.pop("seeds")
        ]
        return result | record


def reading_of(verdict: Verdict, points: float | None, higher_is_better: bool | None) -> str:
    """A verdict on a difference of differences, in the words of the question.

    "Add up" is only ever an equivalence that was shown: that no interaction was found is no
    evidence that there is none.
    """
    if verdict == "undecidable" or points is None:
        return "cannot be decided"
    if verdict == "inconclusive":
        return "no interaction shown"
    if verdict == "equivalent":
        return "add up"
    higher = points > 0
    if higher_is_better is None:
        reading = "higher together" if higher else "lower together"
    else:
        reading = "better together" if higher == higher_is_better else "worse together"
    return reading + (", but within the margin" if verdict == "different-within-margin" else "")


def double_difference(  # noqa: PLR0913  # a user's options
    scores: Mapping[str, ArrayLike], crossing: Crossing, *,
    seeds: Mapping[str, Sequence[Hashable]],
    n_test: int | None = None, margin: float | None = None, unit: str = "points",
    planned: int | None = None, level: float = 0.95, chance: float | None = None,
    higher_is_better: bool | None = True,
    study: str | None = None, variant: str | None = None, metric: str = "accuracy",
    monte_carlo_seed: int = 0,
) -> DoubleDifference:  # fmt: skip
    """Test whether the effects of two treatments add up.

    Args:
        scores: Values of each of the four conditions, [seeds of that condition]: fractions, or any
            number if `unit` is not "points". NaN marks a diverged run; a run that crashed is left
            out.
        crossing: The two treatments and the four conditions.
        seeds: Seeds of each condition's values: the difference is taken within a seed.
        n_test: Number of test examples behind every accuracy, where it is known.
        margin: Largest difference of differences that does not matter, in points (the metric's
            unit), given beforehand; without it effects are never said to add up.
        unit: "points" for accuracies, else the name of the metric's unit ("nats").
        planned: Number of seeds planned, stored with the first run.
        level: Confidence level; tests are at 1 - level.
        chance: What a network that guesses scores: stands for diverged runs in the worst case.
        higher_is_better: Whether a higher metric is better; None where that cannot be said.
        study: Name of the study, for the record, like `variant` and `metric`.
        variant: Variant of the study.
        metric: Name of the metric.
        monte_carlo_seed: As for `compare`.

    Returns:
        The difference of differences over the seeds that finished in all four conditions.

    Raises:
        ValueError: If values, seeds or options are not as described.
    """
    design = Design(True, unit, level, margin, chance, n_test, planned)
    names = (crossing.neither, crossing.only_a, crossing.only_b, crossing.both)
    columns = _columns(scores, seeds, names, unit)
    if planned is None:
        seen = {seed for column in columns.values() for seed in column}
        design = replace(design, planned=len(seen) or None)
    return DoubleDifference(
        study=study, variant=variant, metric=metric, a=crossing.a, b=crossing.b,
        neither=crossing.neither, only_a=crossing.only_a, only_b=crossing.only_b,
        both=crossing.both, unit=unit, higher_is_better=higher_is_better, planned=design.planned,
        **_figures(columns, design, metric, monte_carlo_seed),
    )  # fmt: skip


def _columns(
    scores: Mapping[str, ArrayLike],
    seeds: Mapping[str, Sequence[Hashable]],
    names: Sequence[str],
    unit: str,
) -> dict[str, dict[Hashable, float]]:
    """Each of the four conditions to its seeds and their values."""
    columns = {}
    for name in names:
        values = values_per_seed(scores[name], unit, name)
        ids = seed_ids(seeds[name], values.size, name) or []
        columns[name] = dict(zip(ids, values.tolist(), strict=True))
    if len(columns) < 4:
        raise ValueError(
            f"received the conditions {', '.join(names)}; expected four different ones; name the "
            "condition with neither treatment, with either alone, and with both"
        )
    return columns


def _figures(
    columns: Mapping[str, Mapping[Hashable, float]],
    design: Design,
    metric: str,
    monte_carlo_seed: int,
) -> dict[str, Any]:
    """Everything that a double difference finds out, by the names of its fields."""
    common, table, left_out = match_in_all(columns)
    ended = ~np.isnan(table).any(axis=0)
    cells, used = double_differences_on_grid(table[:, ended], design.n_test, design.unit)
    primary = primary_decision(used, design.scale, design.level, design.margin)
    exact = exact_test(used, primary.test.p is not None, monte_carlo_seed)
    means = {}
    if used.n:
        means = dict(zip(columns, (cells.mean(axis=1) * used.step).tolist(), strict=True))
    worst = None if ended.all() else _worst_case(table, design)
    # The reason for "cannot be decided" comes first: the verdict's sentence quotes it.
    notes = [
        *no_variation_notes(used, design.scale, design.unit, "the difference of differences"),
        *small_sample_notes(used),
        *crossed_sameness_notes(cells, used, list(columns), design.chance),
        *left_out,
        *crossed_divergence_notes(columns, design.chance),
        *worst_case_notes(primary.verdict, primary.difference.points, worst),
        *bounds_notes(means, metric, design.unit, design.chance),
        *smallest_p_notes(used, exact, design.alpha, by_class=False),
        *planning_notes(len(common), design.planned),
    ]
    return {
        "seeds": tuple(common[i] for i in np.flatnonzero(ended)),
        "differences": tuple((used.first * (used.step * design.scale)).tolist()),
        "means": means,
        "difference": primary.difference,
        "test": replace(primary.test, name="t-test of the differences of differences"),
        "exact": exact,
        "effects": replace(effects_of(used), cliffs_delta=None),
        "equivalence": primary.equivalence,
        "worst_case": worst,
        "verdict": primary.verdict,
        "notes": tuple(dict.fromkeys(notes)),
    }


def _worst_case(table: Floats, design: Design) -> WorstCase | None:
    """The primary result when a diverged run counts as one that guesses, if chance is known."""
    if design.chance is None:
        return None
    filled = np.where(np.isnan(table), design.chance, table)
    # A network that guesses need not have a whole number of correct answers.
    used = double_differences_on_grid(filled, None, design.unit)[1]
    decision = primary_decision(used, design.scale, design.level, design.margin)
    return worst_case(decision, design.chance)


def explain_interaction(found: DoubleDifference) -> str:
    """An interaction as text: one sentence that says whether effects add up, then every number.

    Args:
        found: What `double_difference` returned, in a family or not.

    Returns:
        Lines of plain ASCII.
    """
    c, unit = found, found.unit
    rows = _rows_of_effects(c)
    if 2 <= c.n <= FRAGILE_SEEDS:
        each = ", ".join(format_signed(difference, unit) for difference in c.differences)
        rows.append(("of each seed", each))
    what = f"({c.both} minus {c.only_b}) minus ({c.only_a} minus {c.neither})"
    rows += rows_of_tests(
        c, "difference of differences", f"{format_signed(c.difference.points, unit)}, {what}"
    )
    f = c.effects
    rows.append(
        (
            "effect sizes",
            f"{f.name} = {format_two(f.value)}, P(difference of differences > 0) = "
            f"{format_two(f.p_superiority)} (within seeds)",
        )
    )
    if c.worst_case is not None:
        reading = reading_of(c.worst_case.verdict, c.worst_case.points, c.higher_is_better)
        rows.append(("worst case", worst_case_text(c, c.worst_case, reading)))
    rows.append(used_row(format_runs(c.n, c.n, paired=True, noun=c.noun), c.planned))
    return as_text(c, interaction_sentence(c), rows)


def _rows_of_effects(c: DoubleDifference) -> Rows:
    """The effect of each treatment, with the other and without."""
    rows = []
    for treatment, other, alone, beside in (
        (c.a, c.b, c.only_a, c.only_b),
        (c.b, c.a, c.only_b, c.only_a),
    ):
        effects = [
            format_signed(_minus(c, one, without), c.unit)
            for one, without in ((c.both, beside), (alone, c.neither))
        ]
        rows.append((f"effect of {treatment}", f"{effects[0]} with {other}, {effects[1]} without"))
    return rows


def _minus(c: DoubleDifference, one: str, other: str) -> float | None:
    """The mean of one condition minus that of another, in the unit of the differences."""
    if not c.means:
        return None
    return (c.means[one] - c.means[other]) * (100.0 if c.unit == "points" else 1.0)


def interaction_sentence(c: DoubleDifference) -> str:
    """The verdict on an interaction: do the effects add up?"""
    d = c.difference
    effects = f"the effects of {c.a} and {c.b}"
    what = f"{c.metric} of {c.both}"
    if d.points is None or d.ci_low is None or d.ci_high is None or c.verdict == "undecidable":
        return f"Cannot be decided: do {effects} add up in {what}? {c.notes[0]}."
    count = format_runs(c.n, c.n, paired=True, noun=c.noun)
    if c.verdict == "inconclusive":
        ends = f"{format_range(d.ci_low, d.ci_high, c.unit)}{in_family(c, UNADJUSTED)}"
        return (
            f"No interaction shown: {count} do not tell whether {effects} add up in {what}"
            f"{corrected(c)}; the difference of differences may lie anywhere from {ends}."
        )
    reading = c.reading.capitalize()
    margin = format_margin(c.equivalence.margin, c.unit) if c.equivalence else ""
    if c.verdict == "equivalent":
        runs = f"{count}{in_family(c, ALONE)}"
        return f"{reading}: {what} is within {margin} of what {effects} add up to ({runs})."
    runs = f"{count}{corrected(c)}"
    if c.verdict == "different-within-margin":
        reading += f" of {margin}"
        runs += in_family(c, ALONE)
    return (
        f"{reading}: {what} is {format_amount(abs(d.points), c.unit)} "
        f"{'higher' if d.points > 0 else 'lower'} than what {effects} add up to ({runs})."
    )
