"""What varies by no more than the input was rounded to does not vary."""

import numpy as np
import pytest

from analysis.statistics.comparison import compare
from tests.analysis.conftest import pairs


def single(*values):
    """As Keras and PyTorch write it."""
    return np.array(values, dtype=np.float32).astype(float)


def test_a_constant_shift_in_float32_is_no_variation():
    result = pairs(single(0.91, 0.915, 0.92), single(0.90, 0.905, 0.91))
    assert (result.verdict, result.test.p) == ("undecidable", None)
    assert (
        str(result.notes[0]) == "no variation: no test (A minus B is +1.00 points for every seed)"
    )
    assert "the values are float32: they are taken as multiples of 1/200" in result.note


def test_float32_that_is_no_share_of_examples_is_compared_within_its_rounding():
    values = np.random.default_rng(0).random(4) / 2
    result = pairs(single(*(values + 0.01)), single(*values))
    assert result.verdict == "undecidable"
    assert "taken as equal where they differ by less than 6e-08" in result.note
    losses = pairs(single(*(values + 1)), single(*values), unit="nats")
    assert losses.verdict == "undecidable"


def test_ties_in_float32_are_ties():
    a = np.array([8120, 8131, 8109, 8140, 8122, 8135]) / 10_000
    b = a + np.array([-10, -10, 10, -10, -10, -10]) / 10_000
    exact, rounded = pairs(a, b), pairs(single(*a), single(*b))
    assert rounded.exact == exact.exact
    assert rounded.test.p == pytest.approx(exact.test.p)


@pytest.mark.parametrize("digits", [8, 9])
def test_float32_written_with_eight_digits_or_more_is_recognised(digits):
    a, b = (
        np.round(single(*values), digits) for values in ((0.91, 0.915, 0.92), (0.9, 0.905, 0.91))
    )
    assert pairs(a, b, rounding=10.0**-digits).verdict == "undecidable"


def test_what_is_float32_by_chance_says_nothing_of_it():
    assert "float32" not in pairs([0.5, 0.25, 0.75], [0.25, 0.5, 0.5]).note


def test_a_constant_shift_printed_to_three_digits_is_no_variation():
    a, b = [0.913, 0.925, 0.931], [0.903, 0.914, 0.921]
    result = pairs(a, b, rounding=0.001)
    assert result.verdict == "undecidable"
    assert str(result.notes[0]) == (
        "no variation beyond the rounding of the input (0.001): no test (A minus B is about +1.03 "
        "points for every seed); give n_test or all digits if there are more"
    )
    # The number of test examples says that these are all digits.
    assert pairs(a, b, rounding=0.001, n_test=1000).verdict == "different"
    assert pairs([0.913, 0.926, 0.931], b, rounding=0.001).verdict == "different"
    assert compare(a, b, paired=False, rounding=0.001).verdict == "inconclusive"
    # Independent runs that are printed as two neighbours are not the same.
    near = compare([0.913, 0.914, 0.913], [0.93, 0.931, 0.93], paired=False, rounding=0.001)
    assert near.verdict == "different"


def test_printed_digits_and_the_number_of_examples_give_the_counts():
    counts = np.array([3001, 3010, 3022]), np.array([2990, 3004, 3009])
    printed = [np.round(k / 3333, 4) for k in counts]
    result = pairs(*printed, n_test=3333, rounding=1e-4)
    assert result.difference.points == pytest.approx(100 * np.mean(counts[0] - counts[1]) / 3333)
    with pytest.raises(ValueError, match="whole number of correct answers"):
        pairs(*printed, n_test=3333)
