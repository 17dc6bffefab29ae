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
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Protocol

import numpy as np
from numpy.typing import ArrayLike

from analysis.rendering.formatting import format_signed, format_two
from analysis.statistics.design import Design
from analysis.statistics.divergence import worst_case
from analysis.statistics.effects import effects_of
from analysis.statistics.grid import double_differences_on_grid
from analysis.statistics.matching import match_by_seed, natural, seed_ids, values_per_seed
from analysis.statistics.notes import (
    FRAGILE_SEEDS,
    bounds_notes,
    crossed_divergence_notes,
    crossed_sameness_notes,
    no_variation_notes,
    planning_notes,
    small_sample_notes,
    smallest_p_notes,
    unmatched_notes,
    worst_case_notes,
)
from analysis.statistics.result import IN_FAMILY, Comparison, Rows, plain
from analysis.statistics.verdict import Verdict, exact_test, primary_decision

CELLS = ("neither", "only_a", "only_b", "both")
"""The four conditions that cross two treatments."""


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


@dataclass(frozen=True, repr=False, kw_only=True)
class DoubleDifference(Comparison):
    """An interaction: the comparison of two treatments over the four conditions that cross them.

    `a` and `b` are the treatments in words, `n` the seeds used, `difference` the mean of
    `differences`. There is no Cliff's delta, and none of what a comparison knows of two conditions.

    Attributes:
        neither: Name of the condition without either; `only_a`, `only_b` and `both` likewise.
        higher_is_better: Whether a higher metric is better; None where that cannot be said.
        seeds: The seeds used: those that finished in all four conditions.
        differences: The difference of differences of each of them, in `unit`.
        means: Mean of each condition over these seeds, in the metric's unit; empty without seeds.
    """

    noun: ClassVar[str] = "seed"
    kind: ClassVar[str] = "interactions"
    json_keys: ClassVar[tuple[str, ...]] = (
        *("study", "variant", "metric", "a", "b", "conditions", "n", "planned", "difference"),
        *("test", "exact", "effects", "verdict", "reading", "note", "seeds", "unit"),
        *("higher_is_better", "differences", "means", "equivalence", "worst_case"),
        *IN_FAMILY,
    )
    sentences: ClassVar[Mapping[Verdict, str]] = {
        "undecidable": "{reading}: do {effects} add up in {what}? {reason}.",
        "inconclusive": "{reading}: {runs} do not tell whether {effects} add up in "
        "{what}{corrected}; the difference of differences may lie anywhere from {interval}.",
        "equivalent": "{reading}: {what} is within {margin} of what {effects} add up to "
        "({runs}{alone}).",
        "different": "{reading}: {what} is {amount} {higher} than what {effects} add up to "
        "({runs}{corrected}).",
        "different-within-margin": "{reading} of {margin}: {what} is {amount} {higher} than what "
        "{effects} add up to ({runs}{corrected}{alone}).",
    }

    neither: str
    only_a: str
    only_b: str
    both: str
    higher_is_better: bool | None
    seeds: tuple[Hashable, ...]
    differences: tuple[float, ...]
    means: Mapping[str, float]

    @property
    def label(self) -> tuple[str, Hashable]:
        """The treatments, as a table of interactions names them."""
        return "interaction", f"{self.a} x {self.b}"

    def reading_of(self, verdict: Verdict, points: float | None) -> str:
        """A verdict in the words of the question, see the function `reading_of`."""
        return reading_of(verdict, points, self.higher_is_better)

    def json_parts(self) -> dict[str, Any]:
        """All that its JSON may hold; the four conditions under one key."""
        return super().json_parts() | {
            "conditions": {name: getattr(self, name) for name in CELLS},
            "reading": self.reading,
            "seeds": [plain(seed) for seed in self.seeds],
        }

    def subject(self) -> dict[str, str]:
        """What the sentence is about, by its names in `sentences`."""
        return {
            "what": f"{self.metric} of {self.both}",
            "effects": f"the effects of {self.a} and {self.b}",
            "reading": self.reading.capitalize(),
        }

    def rows_of_values(self) -> Rows:
        """The effect of each treatment, with the other and without; where seeds are few, each."""
        rows = []
        for treatment, other, alone, beside in (
            (self.a, self.b, self.only_a, self.only_b),
            (self.b, self.a, self.only_b, self.only_a),
        ):
            with_other, without = self._minus(self.both, beside), self._minus(alone, self.neither)
            rows.append((f"effect of {treatment}", f"{with_other} with {other}, {without} without"))
        if 2 <= self.n <= FRAGILE_SEEDS:
            each = ", ".join(
                format_signed(difference, self.unit) for difference in self.differences
            )
            rows.append(("of each seed", each))
        return rows

    def _minus(self, one: str, other: str) -> str:
        """The mean of one condition minus that of another, in the unit of the differences."""
        if not self.means:
            return format_signed(None, self.unit)
        scale = 100.0 if self.unit == "points" else 1.0
        return format_signed((self.means[one] - self.means[other]) * scale, self.unit)

    def difference_row(self) -> tuple[str, str]:
        """What is tested, and how large it is."""
        what = f"({self.both} minus {self.only_b}) minus ({self.only_a} minus {self.neither})"
        return "difference of differences", (
            f"{format_signed(self.difference.points, self.unit)}, {what}"
        )

    def rows_of_effects(self) -> Rows:
        """Effect sizes: those that mean something for sums of two conditions."""
        f = self.effects
        text = (
            f"{f.name} = {format_two(f.value)}, P(difference of differences > 0) = "
            f"{format_two(f.p_superiority)} (within seeds)"
        )
        return [("effect sizes", text)]


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


def double_difference(
    scores: Mapping[str, ArrayLike],
    crossing: Crossing,
    *,
    seeds: Mapping[str, Sequence[Hashable]],
    higher_is_better: bool | None = True,
    study: str | None = None,
    variant: str | None = None,
    metric: str = "accuracy",
    monte_carlo_seed: int = 0,
    **options: Any,
) -> DoubleDifference:
    """Test whether the effects of two treatments add up.

    Args:
        scores: Values of each of the four conditions, [seeds of that condition]: fractions, or any
            number if `unit` is not "points". NaN marks a diverged run; a run that crashed is left
            out.
        crossing: The two treatments and the four conditions.
        seeds: Seeds of each condition's values: the difference is taken within a seed.
        higher_is_better: Whether a higher metric is better; None where that cannot be said.
        study: Name of the study, for the record, like `variant` and `metric`.
        variant: Variant of the study.
        metric: Name of the metric.
        monte_carlo_seed: As for `compare`.
        **options: As for `compare`: n_test, margin (of the difference of differences; without it
            effects are never said to add up), unit, planned, level, chance.

    Returns:
        The difference of differences over the seeds that finished in all four conditions.

    Raises:
        ValueError: If values, seeds or options are not as described.
    """
    design = Design(paired=True, **options)
    cells = {name: getattr(crossing, name) for name in CELLS}
    columns = _columns(scores, seeds, list(cells.values()), design.unit)
    if design.planned is None:
        design = replace(design, planned=len(set().union(*columns.values())) or None)
    return DoubleDifference(
        study=study, variant=variant, metric=metric, a=crossing.a, b=crossing.b, **cells,
        unit=design.unit, paired=True, higher_is_better=higher_is_better, planned=design.planned,
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
    names = list(columns)
    matched = match_by_seed(list(columns.values()), key=natural)
    ended = ~np.isnan(matched.table).any(axis=0)
    cells, used = double_differences_on_grid(matched.table[:, ended], design.n_test, design.unit)
    decided = primary_decision(used, design.scale, design.level, design.margin)
    exact = exact_test(used, decided.test.p is not None, monte_carlo_seed)
    means = {}
    if used.n:
        means = dict(zip(names, (cells.mean(axis=1) * used.step).tolist(), strict=True))
    worst = worst_case(
        list(matched.table),
        design,
        lambda *rows: double_differences_on_grid(np.array(rows), None, design.unit)[1],
    )
    # The reason for "cannot be decided" comes first: the verdict's sentence quotes it.
    notes = [
        *no_variation_notes(used, design, "the difference of differences"),
        *small_sample_notes(used),
        *crossed_sameness_notes(cells, used, names, design.chance),
        *unmatched_notes(matched, names),
        *crossed_divergence_notes(columns, design.chance),
        *worst_case_notes(decided.verdict, decided.difference.points, worst),
        *bounds_notes(means, metric, design),
        *smallest_p_notes(used, exact, design.alpha, by_class=False),
        *planning_notes(len(matched.seeds), design.planned),
    ]
    return {
        "n": used.n,
        "n_a": used.n,
        "n_b": used.n,
        "seeds": tuple(matched.seeds[i] for i in np.flatnonzero(ended)),
        "differences": tuple((used.first * (used.step * design.scale)).tolist()),
        "means": means,
        **vars(decided),
        "test": replace(decided.test, name="t-test of the differences of differences"),
        "exact": exact,
        "effects": replace(effects_of(used), cliffs_delta=None),
        "worst_case": worst,
        "notes": tuple(dict.fromkeys(notes)),
    }
