"""Boundaries against published ones, and against rpact's."""

import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.special import ndtr, stdtrit

from analysis.statistics.boundaries import (
    SPENDING,
    Boundary,
    Walk,
    boundary,
    crossing,
    spent,
    stagewise_p,
)

# Four equal looks, two-sided .05: Reboussin, DeMets, Kim & Lan (2000, Programs for computing group
# sequential boundaries using the Lan-DeMets method); the same in R's ldbounds.
EQUAL = {
    "obrien-fleming": (4.3326, 2.9631, 2.3590, 2.0141),
    "pocock": (2.3683, 2.3675, 2.3582, 2.3500),
}


@pytest.mark.parametrize("spending", SPENDING)
def test_four_equal_looks_have_the_published_boundaries(spending):
    found = boundary([1, 2, 3, 4], 0.05, spending)
    np.testing.assert_allclose(found.critical, EQUAL[spending], atol=5e-5)
    np.testing.assert_allclose(found.information, [0.25, 0.5, 0.75, 1])


@pytest.mark.parametrize("spending", SPENDING)
@pytest.mark.parametrize("looks", [[40], [3, 5, 8], [5, 10, 20, 40], range(3, 41)], ids=str)
def test_each_look_spends_what_it_may(looks, spending):
    found = boundary(looks, 0.05, spending)
    above, below = crossing(found, 0)
    np.testing.assert_allclose(above, below, rtol=1e-9)
    allowed = [spent(n / max(looks), 0.05, spending) for n in looks]
    np.testing.assert_allclose(np.cumsum(above + below), allowed, rtol=1e-6, atol=1e-12)
    assert allowed[-1] == pytest.approx(0.05)


def test_one_look_alone_is_the_fixed_design():
    found = boundary([10])
    assert found.critical[0] == pytest.approx(1.959964)
    assert stagewise_p(found, 0, 2.5) == pytest.approx(2 * ndtr(-2.5))
    above, below = crossing(found, 3.0)
    assert above[0] + below[0] == pytest.approx(ndtr(3 - 1.959964) + ndtr(-3 - 1.959964))


def test_the_walk_is_that_of_simulated_means():
    found, drift = boundary([5, 10, 20, 40], 0.05, "pocock"), 2.5
    draws = np.random.default_rng(1).normal(drift / np.sqrt(40), 1, (20_000, 40)).cumsum(axis=1)
    z = draws[:, [4, 9, 19, 39]] / np.sqrt([5, 10, 20, 40])
    first = np.argmax(np.abs(z) >= found.critical, axis=1)
    stopped = (np.abs(z) >= found.critical).any(axis=1)
    seen = np.bincount(first[stopped], minlength=4) / 20_000
    np.testing.assert_allclose(seen, np.sum(crossing(found, drift), axis=0), atol=4 * 0.0035)


# rpact's tests of `getAnalysisResults` (rpact-com/rpact, test-f_analysis_base_survival.R, revision
# of 2019): four looks, Wang & Tsiatis' boundaries with .45, z = 1.52, 1.38 and 2.9.
OF_RPACT = Boundary(
    (0.2, 0.4, 0.6, 1.0), (0, 0, 0, 0.05), (2.4878815, 2.4031352, 2.3549063, 2.2955206)
)


def test_stage_wise_p_is_that_of_rpact():
    above, _ = crossing(OF_RPACT, 0)
    spent_there = [0.0064253267, 0.012720859, 0.01826361, 0.025]
    np.testing.assert_allclose(np.cumsum(above), spent_there, atol=5e-7)
    assert stagewise_p(OF_RPACT, 2, 2.9) / 2 == pytest.approx(0.013371274, rel=1e-6)


def test_an_earlier_stop_is_more_extreme_than_any_later_one():
    found = boundary([5, 10, 20])
    at_first = stagewise_p(found, 0, found.critical[0])
    assert at_first < stagewise_p(found, 1, 5.0) < stagewise_p(found, 1, found.critical[1])
    assert stagewise_p(found, 2, found.critical[2]) == pytest.approx(0.05, rel=1e-6)
    assert stagewise_p(found, 1, -4.0) == pytest.approx(stagewise_p(found, 1, 4.0))


def test_a_repeated_interval_is_that_of_rpact():
    """rpact, test-f_analysis_base_means.R: three equal looks, Wang & Tsiatis with .4, one mean."""

    def beyond(c):
        walk, total = Walk.start(), 0.0
        for k in (1, 2, 3):
            walk = walk.moved(k / 3)
            total += walk.beyond(c * k**-0.1)
            walk = walk.kept(c * k**-0.1)
        return total

    constant = brentq(lambda c: beyond(c) - 0.05, 1, 5)
    n, sd = 250, np.sqrt((119 * 130**2 + 129 * 140**2 + 120 * 130 / 250 * 4**2) / 249)
    half = -stdtrit(n - 1, ndtr(-constant * 2**-0.1)) * sd / np.sqrt(n)
    mean = (120 * 45 + 130 * 41) / n
    np.testing.assert_allclose([mean - half, mean + half], [23.359338, 62.480662], rtol=1e-6)


@pytest.mark.parametrize("looks", [[], [0, 5], [5, 5], [10, 5]], ids=str)
def test_looks_that_do_not_rise_are_refused(looks):
    with pytest.raises(ValueError, match="expected numbers of seeds that rise"):
        boundary(looks)


def test_an_unknown_function_or_error_is_refused():
    with pytest.raises(ValueError, match="expected one of obrien-fleming, pocock"):
        boundary([5], 0.05, "haybittle")
    with pytest.raises(ValueError, match="received alpha=5"):
        boundary([5], 5)
