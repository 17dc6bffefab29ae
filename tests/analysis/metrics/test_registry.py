"""What a metric is measured in, which way is better, and how its name is taken apart."""

import pytest

from analysis.metrics.registry import REGISTRY, metric_named
from analysis.metrics.run_forgetting import class_forgetting, forgetting_scalars
from analysis.runs import RunSet
from tests.analysis.conftest import in_tasks

UNITS = {
    "test accuracy": ("points", True, True),
    "best validation accuracy": ("points", True, True),
    "validation accuracy at epoch 3": ("points", True, True),
    "test loss": ("nats", False, False),
    "mean drop": ("percentage points", True, False),
    "validation accuracy roughness": ("percentage points", True, None),
    "validation loss convergence epoch": ("epochs", False, None),
    "share too complex": ("percentage points", True, None),
    "change per class shown later": ("percentage points", True, None),
    "log10 squared error": ("powers of ten", False, False),
    "recency": ("segments", False, None),
    "recency bias: last class": ("percentage points", True, None),
    "final": ("percentage points", True, None),
    "minimum_after_first_segment": ("percentage points", True, None),
    "mean forgetting_max_minus_last": ("percentage points", True, False),
    "epoch of best validation loss": ("epochs", False, None),
    "accuracy of mine": ("points", True, True),
    "squared error": ("squared units", False, False),
    "loss": ("nats", False, False),
    "learned": ("percentage points", True, True),
    "mean recovery": ("percentage points", True, True),
    "tasks: average accuracy": ("points", True, True),
    "tasks: accuracy over examples": ("points", True, True),
    "tasks: backward transfer": ("percentage points", True, True),
    "tasks: forward transfer": ("percentage points", True, True),
    "tasks: mean forgetting_max_minus_last": ("percentage points", True, False),
    "tasks: mean forgetting_first_minus_last": ("percentage points", True, False),
    "tasks: learning accuracy": ("points", True, True),
    "tasks: minimum accuracy": ("points", True, True),
    "tasks: worst-case accuracy": ("points", True, True),
    "tasks: average incremental accuracy": ("points", True, True),
    "tasks: intransigence": ("percentage points", True, False),
    # A study's own figures, whose names have some of these words in them.
    "transfer time": ("transfer time", False, None),
    "learned words": ("learned words", False, None),
    "glossiness": ("glossiness", False, None),
    "learning_rate": ("learning_rate", False, None),
    "energy": ("energy", False, None),
}


@pytest.mark.parametrize(("metric", "expected"), UNITS.items())
def test_a_metrics_name_says_its_unit(metric, expected):
    unit, percent, better = expected
    assert metric_named(metric).unit == unit
    assert metric_named(metric).is_fraction == percent
    assert metric_named(metric).higher_is_better is better
    assert metric_named(metric).factor == (100 if unit == "percentage points" else 1)


def test_every_figure_of_forgetting_is_registered_with_its_definition():
    run = in_tasks("a", 0)
    runs = RunSet([run])
    for name, value in forgetting_scalars(run).items():
        assert REGISTRY[name].value(runs, run) == (None if value != value else value)
        assert REGISTRY[name].scope == "classes"
        assert REGISTRY[name].definition
    assert all(REGISTRY[name].scope == "class" for name in class_forgetting(run))


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("test accuracy", ("test", "accuracy", "last", "points")),
        (
            "gaussian-0.1 mean class accuracy",
            ("gaussian-0.1", "mean class accuracy", "last", "points"),
        ),
        ("best validation loss", ("validation", "loss", "best", "nats")),
        ("epoch of best validation loss", ("validation", "loss", "best", "epochs")),
        ("validation accuracy at epoch 12", ("validation", "accuracy", 12, "points")),
        ("test loss convergence epoch", ("test", "loss convergence epoch", "last", "epochs")),
        ("accuracy", ("", "", "last", "points")),
        ("best accuracy", ("", "", "last", "points")),
        ("epoch of validation loss", ("", "", "last", "epochs")),
        ("epochs", ("", "", "last", "epochs")),
    ],
)
def test_a_name_is_taken_apart_once(name, parts):
    found = metric_named(name)
    assert (found.set, found.quantity, found.when, found.unit) == parts
    assert found.name == name
    assert found.is_epoch == (parts[-1] == "epochs" != name)
