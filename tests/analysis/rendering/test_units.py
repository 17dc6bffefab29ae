"""What a metric is measured in, and which way is better."""

import pytest

from analysis.rendering.units import factor_of, higher_is_better, is_fraction, unit_of

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
    "tasks: average accuracy": ("points", True, True),
    "tasks: backward transfer": ("percentage points", True, True),
    "tasks: mean forgetting_max_minus_last": ("percentage points", True, False),
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
    assert unit_of(metric) == unit
    assert is_fraction(metric) == percent
    assert higher_is_better(metric) is better
    assert factor_of(metric) == (100 if unit == "percentage points" else 1)
