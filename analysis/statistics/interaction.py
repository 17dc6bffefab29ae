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
from dataclasses import asdict, dataclass, replace
from typing import Any, ClassVar, Protocol, Self

import numpy as np
from numpy.typing import ArrayLike

from analysis.rendering.formatting import format_level
from analysis.statistics.corrections import Correction
from analysis.statistics.displayed import Displayed
from analysis.statistics.divergence import WorstCase, worst_case
from analysis.statistics.effects import Effects, effects_of
from analysis.statistics.matching import (
    Counts,
    Floats,
    UsedRuns,
    check_options,
    double_differences_on_grid,
    match_in_all,
    seed_ids,
    values_per_seed,
)
from analysis.statistics.notes import (
    floor_notes,
    no_variation_notes,
    planning_notes,
    sameness_notes,
    small_sample_notes,
    worst_case_notes,
)
from analysis.statistics.significance import ExactTest
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
        effects: `p_superiority` is the share of seeds above 0; `cliffs_delta` is always None.
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
        """The interaction in words, see `analysis.statistics.wording.explain_interaction`."""
        from analysis.statistics.wording import explain_interaction

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
        words = "higher together" if higher else "lower together"
    else:
        words = "better together" if higher == higher_is_better else "worse together"
    return words + (", but within the margin" if verdict == "different-within-margin" else "")


def double_difference(
    scores: Mapping[str, ArrayLike],
    crossing: Crossing,
    *,
    seeds: Mapping[str, Sequence[Hashable]],
    n_test: int | None = None,
    margin: float | None = None,
    unit: str = "points",
    planned: int | None = None,
    level: float = 0.95,
    chance: float | None = None,
    higher_is_better: bool | None = True,
    study: str | None = None,
    variant: str | None = None,
    metric: str = "accuracy",
    monte_carlo_seed: int = 0,
) -> DoubleDifference:
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
    check_options(n_test, margin, unit, level, chance, planned)
    names = (crossing.neither, crossing.only_a, crossing.only_b, crossing.both)
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
    notes: list[str] = []
    seen = {seed for column in columns.values() for seed in column}
    planned = planned if planned is not None else len(seen) or None
    common, table = match_in_all(columns, notes)
    ended = ~np.isnan(table).any(axis=0)

    cells, used = double_differences_on_grid(table[:, ended], n_test, unit)
    scale = 100.0 if unit == "points" else 1.0
    primary = primary_decision(used, scale, level, margin)
    exact = exact_test(used, primary.test.p is not None, monte_carlo_seed)
    means = {}
    if used.n:
        means = dict(zip(names, (cells.mean(axis=1) * used.step).tolist(), strict=True))
    worst = None
    if chance is not None and not ended.all():
        worst = _worst_case(table, chance, unit, scale, level, margin)
    # The reason for "cannot be decided" comes first: the verdict's sentence quotes it.
    notes = [
        *no_variation_notes(used, scale, unit, "the difference of differences"),
        *small_sample_notes(used),
        *_sameness_notes(cells, used, names, chance),
        *notes,
        *_divergence_notes(columns, chance),
        *worst_case_notes(primary.verdict, primary.difference.points, worst),
        *_bounds_notes(means, names, metric, unit, chance),
        *floor_notes(used, exact, round(1 - level, 12), by_class=False),
        *planning_notes(len(common), planned),
    ]
    return DoubleDifference(
        study=study,
        variant=variant,
        metric=metric,
        a=crossing.a,
        b=crossing.b,
        neither=crossing.neither,
        only_a=crossing.only_a,
        only_b=crossing.only_b,
        both=crossing.both,
        unit=unit,
        higher_is_better=higher_is_better,
        planned=planned,
        seeds=tuple(common[i] for i in np.flatnonzero(ended)),
        differences=tuple((used.first * (used.step * scale)).tolist()),
        means=means,
        difference=primary.difference,
        test=replace(primary.test, name="t-test of the differences of differences"),
        exact=exact,
        effects=replace(effects_of(used), cliffs_delta=None),
        equivalence=primary.equivalence,
        worst_case=worst,
        verdict=primary.verdict,
        notes=tuple(dict.fromkeys(notes)),
    )


def _worst_case(
    table: Floats, chance: float, unit: str, scale: float, level: float, margin: float | None
) -> WorstCase:
    """The primary result when a diverged run counts as one that guesses."""
    filled = np.where(np.isnan(table), chance, table)
    # A network that guesses need not have a whole number of correct answers.
    used = double_differences_on_grid(filled, None, unit)[1]
    return worst_case(primary_decision(used, scale, level, margin), chance)


def _sameness_notes(
    cells: Counts, used: UsedRuns, names: Sequence[str], chance: float | None
) -> list[str]:
    """Conditions with one result for every seed, or two that differ in one treatment yet agree."""
    notes = []
    for i, j in ((0, 1), (2, 3), (0, 2), (1, 3)):
        pair = replace(used, ka=cells[i], kb=cells[j], first=cells[i] - cells[j])
        notes += sameness_notes(pair, names[i], names[j], chance)
    return notes


def _divergence_notes(
    columns: Mapping[str, Mapping[Hashable, float]], chance: float | None
) -> list[str]:
    """How many runs of each condition diverged, if any did."""
    lost = {
        name: sum(map(math.isnan, column.values())) for name, column in columns.items() if column
    }
    if not any(lost.values()):
        return []
    counts = [f"{name} {k} of {len(columns[name])}" for name, k in lost.items() if k]
    notes = [f"diverged: {', '.join(counts)}; the figures are of the other seeds (complete case)"]
    return notes + ["no worst case: the chance level was not given"] * (chance is None)


def _bounds_notes(
    means: Mapping[str, float], names: Sequence[str], metric: str, unit: str, chance: float | None
) -> list[str]:
    """A sum of effects that no accuracy can reach: floor and ceiling look like interactions."""
    if not means or unit != "points":
        return []
    neither, only_a, only_b, both = names
    added, least = means[only_a] + means[only_b] - means[neither], chance or 0.0
    if least - 1e-9 <= added <= 1 + 1e-9:
        return []
    bound = "above 100 %" if added > 1 else f"below {format_level(least, unit)}"
    if added < least and chance:
        bound += ", which is chance"
    return [
        f"if the effects added up, {metric} of {both} would be {format_level(added, unit)}, "
        f"{bound}: effects as large as these can hardly add up"
    ]
