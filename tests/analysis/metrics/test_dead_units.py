import numpy as np
import pytest

from analysis.metrics.dead_units import dead_units_table
from tests.analysis.conftest import Run


def network(condition, seed, *rows, units=(10, 4), status="finished"):
    arrays = {
        "dead_units": np.array(rows, dtype=np.int32).reshape(len(rows), len(units)),
        "relu_layers": np.array([f"relu_{i}" for i in range(len(units))], dtype=np.str_),
        "relu_units": np.array(units, dtype=np.int32),
    }
    return Run(condition, seed, status, arrays=arrays)


def test_the_table_has_the_mean_at_the_end_and_the_proportion_of_each_relu():
    runs = [
        network("a", 0, [0, 1], [9, 9], [2, 4]),
        network("a", 1, [1, 1], [4, 4]),
        network("a", 2, [5, 1], [9, 4]),
        network("a", 3, [1, 1], [9, 9], status="failed"),
    ]
    rows = dead_units_table(runs).to_numpy().tolist()
    assert rows == [
        ["a", 1, "relu_0", 10, 3, 2.0, 5.0, 0.5],
        ["a", 2, "relu_1", 4, 3, 1.0, 4.0, 1.0],
    ]


def test_a_network_without_a_relu_says_so():
    (row,) = dead_units_table([network("tanh", 0, [], [], units=())]).to_dict("records")
    assert (row["layer"], row["name"], row["units"], row["n"]) == (0, "no relu", 0, 1)
    assert row["untrained"] == row["dead"] == 0
    assert np.isnan(row["proportion"])


def test_networks_that_differ_and_runs_without_counts_are_refused():
    with pytest.raises(ValueError, match="2 different networks"):
        dead_units_table([network("a", 0, [1, 1]), network("a", 1, [1], units=(3,))])
    with pytest.raises(ValueError, match="measurements=dead-units"):
        dead_units_table([Run("a", 0)])
