"""How the gradient's norm changes from layer to layer: vanishing and exploding gradients.

After Glorot and Bengio, "Understanding the difficulty of training deep feedforward neural
networks" (AISTATS 2010). Runs that diverged count here: their gradients are the very thing to see.
A norm of 0 has underflowed float32 and one that is not finite has overflowed: both are counted,
and the percentiles take the latter for infinite.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.runs import RunLike, RunSet, layers_of

Floats = NDArray[np.float64]

COLUMNS = (
    *("condition", "layer", "name", "epoch", "n"),
    *("p25", "p50", "p75", "vanished", "overflowed"),
)


def gradient_table(runs: Sequence[RunLike]) -> pd.DataFrame:
    """The norm of the gradient of each layer, before training and after the last epoch.

    Args:
        runs: Records of one study and variant that measured "gradient-norms".

    Returns:
        Columns condition, layer (from 1 at the input), name, epoch (0, and the last that a run of
        the condition reached: a run that ended earlier counts with its own last), n, p25, p50, p75
        (percentiles over the seeds), vanished and overflowed (of how many of the n runs the norm
        is 0, and not finite).

    Raises:
        ValueError: If no run has measured it, or networks of one condition differ.

    Examples:
        >>> from types import SimpleNamespace
        >>> import numpy as np
        >>> from analysis import gradient_table
        >>> arrays = {"gradient_norms": np.array([[0.1, 0.8], [0.0, 0.5]]),
        ...           "layers": np.array(["hidden", "output"])}
        >>> run = SimpleNamespace(condition="deep", seed=0, status="finished", arrays=arrays)
        >>> gradient_table([run])[["epoch", "name", "p50", "vanished"]].values.tolist()
        [[0, 'hidden', 0.1, 0], [0, 'output', 0.8, 0], [1, 'hidden', 0.0, 1], [1, 'output', 0.5, 0]]
    """
    rows = []
    for condition, chosen in RunSet.of(runs).ended.items():
        measured = [run for run in chosen if "gradient_norms" in run.arrays]
        if not measured:
            continue
        layers = layers_of(measured, condition, "layers")
        last = max(len(run.arrays["gradient_norms"]) for run in measured) - 1
        for epoch, row in ((0, 0), (last, -1)) if last else ((0, 0),):
            norms = np.array([run.arrays["gradient_norms"][row] for run in measured], np.float64)
            low, middle, high = norm_percentiles(norms)
            for i, (name,) in enumerate(layers):
                rows.append(
                    {
                        **{"condition": condition, "layer": i + 1, "name": name, "epoch": epoch},
                        **{"n": len(norms), "p25": low[i], "p50": middle[i], "p75": high[i]},
                        "vanished": int((norms[:, i] == 0).sum()),
                        "overflowed": int((~np.isfinite(norms[:, i])).sum()),
                    }
                )
    if not rows:
        raise ValueError(
            f"received {len(runs)} runs without gradient norms; expected some that measured them; "
            "run a study whose evaluation plan has measurements=gradient-norms"
        )
    return pd.DataFrame(rows, columns=list(COLUMNS))


def norm_percentiles(norms: Floats) -> Floats:
    """The 25th, 50th and 75th percentile over runs; what is not finite counts as infinite.

    Args:
        norms: float64 [runs, layers].

    Returns:
        float64 [3, layers], by the linear method (type 7); infinite where an infinite norm takes
        part in it.
    """
    known = np.where(np.isfinite(norms), norms, np.inf)
    levels = [25, 50, 75]
    with np.errstate(invalid="ignore"):  # infinity minus infinity
        found = np.percentile(known, levels, axis=0, method="linear")
    upper = np.percentile(known, levels, axis=0, method="higher")
    lower = np.percentile(known, levels, axis=0, method="lower")
    exact: Floats = np.where(np.isinf(upper), upper, np.where(lower == upper, lower, found))
    return exact
