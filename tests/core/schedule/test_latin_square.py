from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.schedule.latin_square import williams

sizes = st.integers(1, 30)


@given(sizes)
def test_every_row_holds_everything_once(n):
    assert (np.sort(williams(n), axis=1) == np.arange(n)).all()


@given(sizes)
def test_everything_stands_at_every_place_equally_often(n):
    rows = williams(n)
    assert len(rows) == (2 * n if n % 2 else n)
    counted = np.stack([np.bincount(column, minlength=n) for column in rows.T])
    assert (counted == len(rows) // n).all()


@given(sizes)
def test_every_ordered_pair_stands_side_by_side_equally_often(n):
    neighbours = Counter(pair for row in williams(n).tolist() for pair in pairwise(row))
    assert len(neighbours) == n * (n - 1)
    assert set(neighbours.values()) <= {2 if n % 2 else 1}


def test_ten_classes_take_ten_rows():
    rows = williams(10)
    assert rows.shape == (10, 10)
    assert rows[0].tolist() == [0, 1, 9, 2, 8, 3, 7, 4, 6, 5]


@pytest.mark.parametrize("wrong", [0, -2, 2.0, True])
def test_what_is_no_number_of_things_is_refused(wrong):
    with pytest.raises(ValueError, match="expected a whole number from 1 up"):
        williams(wrong)
