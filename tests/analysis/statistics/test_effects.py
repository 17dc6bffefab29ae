import numpy as np
import pytest
from hypothesis import given

from analysis.statistics.comparison import compare
from analysis.statistics.effects import cliffs_delta, cohens_d, hedges_g, p_superiority
from analysis.statistics.result import explain
from tests.analysis.conftest import PROPERTY, SMALL, pairs


def test_effect_sizes_are_named_and_signed():
    a, b = [0.80, 0.82, 0.83, 0.80], [0.79, 0.82, 0.80, 0.81]
    paired, unpaired = pairs(a, b), compare(a, b, paired=False)
    d = np.array(a) - b
    assert paired.effects.name == "d_z"
    assert paired.effects.value == pytest.approx(d.mean() / d.std(ddof=1))
    assert unpaired.effects.name == "g"
    assert unpaired.effects.value == pytest.approx(hedges_g(a, b))
    # 2 of 4 pairs are higher and 1 is tied; of the 16 pairings 9 are higher and 4 are tied.
    assert paired.effects.p_superiority == pytest.approx(2.5 / 4)
    assert unpaired.effects.p_superiority == pytest.approx((9 + 3 / 2) / 16)
    assert paired.effects.cliffs_delta == unpaired.effects.cliffs_delta


@PROPERTY
@given(SMALL, SMALL)
def test_cliffs_delta_is_superiority_on_another_scale(a, b):
    assert cliffs_delta(a, b) == pytest.approx(2 * p_superiority(a, b, paired=False) - 1)


def test_hedges_factor_is_the_exact_one():
    # Hedges 1981: .7979 at 4 degrees of freedom; 1 - 3 / (4 df - 1) approximates it.
    a, b = [1.0, 2.0, 3.0], [2.0, 3.0, 5.0]
    factor = hedges_g(a, b) / cohens_d(a, b)
    assert factor == pytest.approx(0.7979, abs=5e-5)
    assert factor == pytest.approx(1 - 3 / 15, abs=0.003)


def test_the_pairs_correlation_is_given():
    a, b = [0.80, 0.82, 0.83, 0.80], [0.79, 0.82, 0.80, 0.81]
    assert pairs(a, b).correlation == pytest.approx(np.corrcoef(a, b)[0, 1])
    assert compare(a, b, paired=False).correlation is None
    assert "pairs' correlation" in explain(pairs(a, b))
