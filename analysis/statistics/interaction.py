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

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike

from analysis.rendering.formatting import format_signed
from analysis.statistics.design import Design
from analysis.statistics.divergence import worst_case
from analysis.statistics.grid import double_differences_on_grid
from analysis.statistics.influence import disagreement_notes, one_run_notes
from analysis.statistics.matching import match_by_seed, natural, seed_ids, values_per_seed
from analysis.statistics.notes import (
    FRAGILE_SEEDS,
    bounds_notes,
    divergence_notes,
    notes_on,
    sameness_notes,
    unmatched_notes,
)
from analysis.statistics.result import (
    IN_FAMILY,
    Comparison,
    Rows,
    decimals_of,
    plain,
    standardised_text,
    superiority_text,
)
from analysis.statistics.verdict import Verdict, tested

CELLS = ("neither", "only_a", "only_b", "both")
"""The four conditions that cross two treatments."""
BESIDE = ((0, 1), (2, 3), (0, 2), (1, 3))
"""Those of them that differ in one treatment."""


@dataclass(frozen=True, repr=False, kw_only=True)
class DoubleDifference(Comparison):
    """An interaction: the comparison of two treatments over the four conditions that cross them.

    `a` and `b` are the treatments in words, `n` the seeds used, `difference` the mean of
    `differences`. There is no Cliff's delta, and none of what a comparison knows of two conditions.

    Attributes:
        conditions: The names of the four, by `CELLS`.
        higher_is_better: Whether a higher metric is better; None where that cannot be said.
        seeds: The seeds used: those that finished in all four conditions.
        differences: The difference of differences of each of them, in `unit`.
        means: Mean of each condition over these seeds, in the metric's unit; empty without seeds.

    Examples:
        >>> from analysis import double_difference
        >>> scores = {"plain": [0.90, 0.91, 0.89], "noise": [0.80, 0.82, 0.79],
        ...           "replay": [0.92, 0.92, 0.91], "both": [0.88, 0.90, 0.86]}
        >>> found = double_difference(scores, ("noise", "replay"), tuple(scores),
        ...                           seeds=dict.fromkeys(scores, range(3)))
        >>> [round(each, 1) for each in found.differences]
        [6.0, 7.0, 5.0]
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
        "{what}{corrected}{open}.",
        "equivalent": "{reading}: {what} is within {margin} of what {effects} add up to "
        "({runs}{corrected}{inside}).",
        "different": "{reading}: {what} is {amount} {higher} than what {effects} add up to "
        "({runs}{corrected}).",
        "different-within-margin": "{reading} of {margin}: {what} is {amount} {higher} than what "
        "{effects} add up to ({runs}{corrected}{inside}).",
    }
    left_open: ClassVar[str] = "; the difference of differences may lie anywhere from "

    conditions: Mapping[str, str]
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
        """All that its JSON may hold, by `json_keys`."""
        seeds = [plain(seed) for seed in self.seeds]
        return super().json_parts() | {"reading": self.reading, "seeds": seeds}

    def subject(self) -> dict[str, str]:
        """What the sentence is about, by its names in `sentences`."""
        return {
            "what": f"{self.metric} of {self.conditions['both']}",
            "effects": f"the effects of {self.a} and {self.b}",
            "reading": self.reading.capitalize(),
        }

    def rows_of_values(self) -> Rows:
        """The effect of each treatment, with the other and without; where seeds are few, each."""
        rows = []
        for treatment, other, alone, beside in (
            (self.a, self.b, "only_a", "only_b"),
            (self.b, self.a, "only_b", "only_a"),
        ):
            with_other, without = self._minus("both", beside), self._minus(alone, "neither")
            rows.append((f"effect of {treatment}", f"{with_other} with {other}, {without} without"))
        if 2 <= self.n <= FRAGILE_SEEDS:
            each = ", ".join(format_signed(value, self.unit) for value in self.differences)
            rows.append(("of each seed", each))
        return rows

    def _minus(self, *cells: str) -> str:
        """The mean of one condition minus that of another, in the unit of the differences."""
        if not self.means:
            return format_signed(None, self.unit)
        one, other = (self.means[self.conditions[cell]] for cell in cells)
        return format_signed((one - other) * (100.0 if self.unit == "points" else 1.0), self.unit)

    def difference_row(self) -> tuple[str, str]:
        """What is tested, and how large it is."""
        what = "({both} minus {only_b}) minus ({only_a} minus {neither})"
        size = format_signed(self.difference.points, self.unit, decimals_of(self.difference))
        return "difference of differences", f"{size}, {what.format(**self.conditions)}"

    def rows_of_effects(self) -> Rows:
        """Effect sizes: those that mean something for sums of two conditions."""
        f, level = self.effects, self.level_alone
        return [
            ("effect sizes", standardised_text(f, level)),
            ("P(difference of differences > 0)", superiority_text(f, level, " within seeds")),
        ]


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
    treatments: tuple[str, str],
    conditions: Sequence[str],
    *,
    seeds: Mapping[str, Sequence[Hashable]],
    higher_is_better: bool | None = True,
    study: str | None = None,
    variant: str | None = None,
    metric: str = "accuracy",
    **options: Any,
) -> DoubleDifference:
    """Test whether the effects of two treatments add up.

    Args:
        scores: Values of each of the four conditions, [seeds of that condition]: fractions, or any
            number if `unit` is not "points". NaN marks a diverged run; a run that crashed is left
            out.
        treatments: Both in words.
        conditions: Neither, only the first, only the second, both.
        seeds: Seeds of each condition's values: the difference is taken within a seed.
        higher_is_better: Whether a higher metric is better; None where that cannot be said.
        study: Name of the study, for the record, like `variant` and `metric`.
        variant: Variant of the study.
        metric: Name of the metric.
        **options: As for `compare`: n_test, margin (of the difference of differences; without it
            effects are never said to add up), unit, planned, level, chance,
            monte_carlo_seed.

    Returns:
        The difference of differences over the seeds that finished in all four conditions.

    Raises:
        ValueError: If values, seeds or options are not as described.

    Examples:
        >>> from analysis import double_difference
        >>> scores = {"plain": [0.90, 0.91, 0.89], "noise": [0.80, 0.82, 0.79],
        ...           "replay": [0.92, 0.92, 0.91], "both": [0.88, 0.90, 0.86]}
        >>> found = double_difference(scores, ("noise", "replay"), tuple(scores),
        ...                           seeds=dict.fromkeys(scores, range(3)))
        >>> round(found.difference.points, 2)
        6.0
    """
    if "rounding" in options:
        raise ValueError(
            "received rounding for a difference of differences; expected values with all their "
            "digits: the rounding of four is not told from a difference; leave it out"
        )
    design = Design(paired=True, **options)
    columns = _columns(scores, seeds, conditions, design.unit)
    return DoubleDifference(
        study=study, variant=variant, metric=metric, a=treatments[0], b=treatments[1],
        conditions=dict(zip(CELLS, conditions, strict=True)), higher_is_better=higher_is_better,
        unit=design.unit, paired=True, planned=design.planned,
        **_figures(columns, design, metric),
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
) -> dict[str, Any]:
    """Everything that a double difference finds out, by the names of its fields."""
    names = list(columns)
    matched = match_by_seed(list(columns.values()), key=natural)
    ended = ~np.isnan(matched.table).any(axis=0)
    seeds = tuple(matched.seeds)
    finished = tuple(matched.seeds[i] for i in np.flatnonzero(ended))
    cells, used = double_differences_on_grid(matched.table[:, ended], design.n_test, design.unit)
    used = replace(used, ids=(finished, ()))
    found = tested(used, design)
    found["test"] = replace(found["test"], name="t-test of the differences of differences")
    found["effects"] = replace(found["effects"], cliffs_delta=None)
    means = (cells.mean(axis=1) * used.step).tolist() if used.n else []
    found["means"] = dict(zip(names, means, strict=False))
    found["worst_case"] = worst_case(
        list(matched.table),
        design,
        lambda *rows: replace(
            double_differences_on_grid(np.array(rows), None, design.unit)[1], ids=(seeds, ())
        ),
    )
    lost = {name: sum(map(math.isnan, column.values())) for name, column in columns.items()}
    counts = [(name, k, len(columns[name])) for name, k in lost.items() if k]
    of_conditions = [
        *sameness_notes(used, cells, names, design.chance, BESIDE),
        *unmatched_notes(matched, names),
        *divergence_notes(counts, "seeds", design.chance),
        *disagreement_notes(found["test"], found["exact"], design.alpha),
        *one_run_notes(used, found["test"].p, design.alpha),
    ]
    notes = notes_on(
        used,
        found,
        design,
        what="the difference of differences",
        of_conditions=of_conditions,
        bounds=bounds_notes(found["means"], metric, design),
        runs=len(matched.seeds),
    )
    return found | {
        "seeds": finished,
        "differences": tuple((used.first * (used.step * design.scale)).tolist()),
        "notes": notes,
    }
