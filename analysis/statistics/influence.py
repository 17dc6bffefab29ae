"""Where a verdict hangs on one run, or the two tests read differently."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from analysis.rendering.formatting import counted, format_amount, format_p
from analysis.statistics.design import Design
from analysis.statistics.grid import Floats, UsedRuns
from analysis.statistics.matching import Row
from analysis.statistics.notes import Note, note
from analysis.statistics.significance import ExactTest
from analysis.statistics.simultaneous import two_sided_p
from analysis.statistics.statistical_power import FEWEST_SEEDS
from analysis.statistics.verdict import PrimaryTest

PofT = Callable[[float, float], float]
"""From a t statistic and its degrees of freedom to a two-sided p."""
NOISIER = 2.0
"""How many times more the side with fewer runs must vary to be remarked."""
FEW = 10


def disagreement_notes(test: PrimaryTest, exact: ExactTest, alpha: float) -> list[Note]:
    """The t-test and the exact test on different sides of alpha, if the latter could reach it."""
    if test.p is None or exact.p is None or (test.p <= alpha) == (exact.p <= alpha):
        return []
    if exact.p_smallest is not None and exact.p_smallest > alpha:
        return []
    said = {"t": f"{test.name} {format_p(test.p)}", "exact": f"{exact.name} {format_p(exact.p)}"}
    return [note("tests disagree", **said)]


def one_run_notes(
    used: UsedRuns, p: float | None, alpha: float, p_of: PofT = two_sided_p
) -> list[Note]:
    """The run without which the difference would be found, or no longer be.

    Args:
        used: The runs.
        p: Of all of them, adjusted in a family.
        alpha: Significance level.
        p_of: What it is found with.
    """
    if p is None or used.n <= FEWEST_SEEDS:
        return []
    without = [p_of(*each) for each in zip(*_leaving_one_out(used), strict=True)]
    if np.isnan(without).all():
        return []
    found = p <= alpha
    place = int(np.nanargmax(without) if found else np.nanargmin(without))
    if (without[place] <= alpha) == found:
        return []
    readings = ["no difference is shown", "there is a difference"]
    return [
        note(
            "one run decides",
            run=_name(used, place),
            found=readings[found],
            p=format_p(p),
            other=readings[not found],
            p_without=format_p(without[place]),
        )
    ]


def _name(used: UsedRuns, place: int) -> str:
    """A run by its seed, or by its value where it has none."""
    if used.paired:
        return f"seed {used.ids[0][place]}"
    told: Any = [*used.ids[0], *used.ids[1]][place]
    name, seed = told
    if isinstance(seed, Row):
        value = np.concatenate([used.first, used.second])[place] * used.step
        return f"the run of {name} at {value:.4g}"
    return f"seed {seed} of {name}"


def _leaving_one_out(used: UsedRuns) -> tuple[Floats, Floats]:
    """The t and the degrees of freedom without each run in turn, of A and then of B."""
    x, y = (side.astype(float) for side in (used.first, used.second))
    mean, error = _without_each(x)
    if used.paired:
        df = np.full(x.size, x.size - 2.0)
        return _ratio(mean, error), df
    mean_y, error_y = _without_each(y)
    here, there = (side.var(ddof=1) / side.size for side in (x, y))
    differences = np.concatenate([mean - y.mean(), x.mean() - mean_y])
    a = np.concatenate([error, np.full(y.size, here)])
    b = np.concatenate([np.full(x.size, there), error_y])
    n = np.repeat([x.size - 1, x.size], [x.size, y.size])
    m = np.repeat([y.size, y.size - 1], [x.size, y.size])
    with np.errstate(divide="ignore", invalid="ignore"):
        df = (a + b) ** 2 / (a**2 / (n - 1) + b**2 / (m - 1))
    return _ratio(differences, a + b), np.nan_to_num(df, nan=1.0)


def _without_each(x: Floats) -> tuple[Floats, Floats]:
    """Mean and its squared standard error without each value in turn."""
    n = x.size - 1
    mean = (x.sum() - x) / n
    squares = ((x - x.mean()) ** 2).sum() - (x - x.mean()) ** 2 * x.size / n
    return mean, np.maximum(squares, 0) / (n - 1) / n


def _ratio(difference: Floats, squared_error: Floats) -> Floats:
    """The t statistics; NaN of what does not vary, which has no test."""
    result = np.full_like(difference, np.nan)
    return np.divide(difference, np.sqrt(squared_error), out=result, where=squared_error > 1e-12)


def spread_notes(used: UsedRuns, design: Design, names: tuple[str, str]) -> list[Note]:
    """Few runs on the noisier side, where Welch's test finds too much."""
    sizes = [side.size for side in (used.first, used.second)]
    if used.n < FEWEST_SEEDS or used.n >= FEW or sizes[0] == sizes[1]:
        return []
    few = int(sizes[1] < sizes[0])
    sd = [float(side.std(ddof=1)) for side in (used.first, used.second)]
    if sd[few] <= NOISIER * sd[1 - few]:
        return []
    spreads = [format_amount(each * used.step * design.scale, design.unit) for each in sd]
    said = [
        f"{name}: {counted(n, 'run')}, sd {spread}"
        for name, n, spread in zip(names, sizes, spreads, strict=True)
    ]
    return [note("noisier side has fewer runs", sides="; ".join(said))]
