"""Notes on an interaction: what its four conditions say before its figures are believed."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import replace

from analysis.rendering.formatting import format_level
from analysis.statistics.grid import Counts, UsedRuns
from analysis.statistics.notes import sameness_notes


def crossed_sameness_notes(
    cells: Counts, used: UsedRuns, names: Sequence[str], chance: float | None
) -> list[str]:
    """Conditions with one result for every seed, or two that differ in one treatment yet agree.

    Args:
        cells: Values of neither, only A, only B and both, as integers, [4, n].
        used: What is tested.
        names: The four conditions, in this order.
        chance: What a network that guesses scores.
    """
    notes = []
    for i, j in ((0, 1), (2, 3), (0, 2), (1, 3)):
        pair = replace(used, ka=cells[i], kb=cells[j], first=cells[i] - cells[j])
        notes += sameness_notes(pair, names[i], names[j], chance)
    return notes


def crossed_divergence_notes(
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


def bounds_notes(
    means: Mapping[str, float], metric: str, unit: str, chance: float | None
) -> list[str]:
    """A sum of effects that no accuracy can reach: floor and ceiling look like interactions.

    Args:
        means: Conditions neither, only A, only B and both, in this order, to their means.
        metric: Name of the metric.
        unit: Of the metric.
        chance: What a network that guesses scores.
    """
    if not means or unit != "points":
        return []
    (neither, only_a, only_b, _), least = means.values(), chance or 0.0
    added, both = only_a + only_b - neither, list(means)[-1]
    if least - 1e-9 <= added <= 1 + 1e-9:
        return []
    bound = "above 100 %" if added > 1 else f"below {format_level(least, unit)}"
    if added < least and chance:
        bound += ", which is chance"
    return [
        f"if the effects added up, {metric} of {both} would be {format_level(added, unit)}, "
        f"{bound}: effects as large as these can hardly add up"
    ]
