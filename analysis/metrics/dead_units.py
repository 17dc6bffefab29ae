"""Dead units: those of a relu that are 0 for every training example, and so learn no more."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from analysis.runs import RunLike, RunSet, layers_of

COLUMNS = ("condition", "layer", "name", "units", "n", "untrained", "dead", "proportion")


def dead_units_table(runs: Sequence[RunLike]) -> pd.DataFrame:
    """How many units of each relu are dead at the end, mean over the finished runs.

    Args:
        runs: Records of one study and variant that measured "dead-units".

    Returns:
        Columns condition, layer (number among the network's relus, from 1 at the input), name,
        units, n, untrained (dead before training, mean over runs), dead (after the last epoch,
        mean), proportion (dead / units, a fraction). One row without a layer, and 0 units, for a
        condition whose network has no relu.

    Raises:
        ValueError: If no run has measured it, or networks of one condition differ.

    Examples:
        >>> from types import SimpleNamespace
        >>> import numpy as np
        >>> from analysis import dead_units_table
        >>> arrays = {"dead_units": np.array([[2], [9]]), "relu_layers": np.array(["hidden"]),
        ...           "relu_units": np.array([100])}
        >>> run = SimpleNamespace(condition="relu", seed=0, status="finished", arrays=arrays)
        >>> dead_units_table([run])[["name", "units", "untrained", "dead"]].values.tolist()
        [['hidden', 100, 2.0, 9.0]]
    """
    rows = []
    for condition, finished in RunSet.of(runs).finished.items():
        measured = [run for run in finished if "dead_units" in run.arrays]
        if not measured:
            continue
        layers, n = layers_of(measured, condition, "relu_layers", "relu_units"), len(measured)
        start, end = (
            np.mean([run.arrays["dead_units"][row] for run in measured], axis=0) for row in (0, -1)
        )
        found = [
            (condition, i + 1, name, units, n, start[i], end[i], end[i] / units)
            for i, (name, units) in enumerate(layers)
        ]
        rows += found or [(condition, 0, "no relu", 0, n, 0.0, 0.0, np.nan)]
    if not rows:
        raise ValueError(
            f"received {len(runs)} runs without counts of dead units; expected some that measured "
            "them; run a study whose evaluation plan has measurements=dead-units"
        )
    return pd.DataFrame(rows, columns=list(COLUMNS))
