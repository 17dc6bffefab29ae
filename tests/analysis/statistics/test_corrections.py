import gc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import false_discovery_control
from statsmodels.stats.multitest import multipletests

from analysis.statistics.corrections import adjust

PROPERTY = settings(deadline=None, derandomize=True, max_examples=100)
P_VALUES = st.lists(st.floats(0, 1), min_size=1, max_size=12)


@pytest.fixture(autouse=True, scope="module")
def little_garbage_to_collect():
    """Statsmodels collects garbage at every call: a second, among TensorFlow's objects."""
    gc.freeze()
    yield
    gc.unfreeze()


@PROPERTY
@given(P_VALUES)
def test_holm_is_monotone_and_never_under_the_raw_p(p):
    adjusted = adjust(p, "holm")
    assert (adjusted >= np.array(p)).all()
    assert (adjusted <= 1).all()
    order = np.argsort(p, kind="stable")
    assert (np.diff(adjusted[order]) >= 0).all()


@PROPERTY
@given(P_VALUES)
def test_corrections_agree_with_statsmodels(p):
    for ours, theirs in [
        ("holm", "holm"),
        ("bh", "fdr_bh"),
        ("by", "fdr_by"),
        ("bonferroni", "bonferroni"),
    ]:
        expected = multipletests(p, method=theirs)[1]
        np.testing.assert_allclose(adjust(p, ours), expected, atol=1e-9)


def test_holm_keeps_the_running_maximum():
    # Without it the second would be .04, "more significant" than the first at .06.
    np.testing.assert_allclose(adjust([0.03, 0.04], "holm"), [0.06, 0.06])


def test_a_missing_p_stays_missing_and_still_counts():
    np.testing.assert_allclose(adjust([0.01, np.nan], "holm"), [0.02, np.nan])
    np.testing.assert_allclose(adjust([0.01, np.nan], "bh"), [0.02, np.nan])


def test_rows_are_families():
    table = np.random.default_rng(0).uniform(size=(7, 5))
    for correction in ("holm", "bh", "by", "bonferroni"):
        rows = np.array([adjust(row, correction) for row in table])
        np.testing.assert_allclose(adjust(table, correction), rows)


@pytest.mark.parametrize(
    ("p", "correction", "said"), [([1.2], "holm", "outside 0..1"), ([0.5], "fdr", "holm if in")]
)
def test_adjust_refuses(p, correction, said):
    with pytest.raises(ValueError, match=said):
        adjust(p, correction)


@PROPERTY
@given(P_VALUES)
def test_false_discovery_rates_are_scipys_to_the_last_digit(p):
    for correction in ("bh", "by"):
        expected = false_discovery_control(p, method=correction)
        np.testing.assert_array_equal(adjust(p, correction), expected)


@pytest.mark.parametrize("correction", ["holm", "bh", "by", "bonferroni"])
def test_one_comparison_needs_no_correction(correction):
    assert adjust(0.03, correction) == adjust([0.03], correction) == 0.03
