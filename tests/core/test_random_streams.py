import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.random_streams import STREAMS, integer, stream

seeds = st.integers(0, 10_000)


@given(seeds, st.sampled_from(STREAMS))
def test_a_stream_starts_the_same_every_time(seed, name):
    assert (stream(seed, name).random(3) == stream(seed, name).random(3)).all()


@given(seeds)
def test_streams_of_other_names_seeds_and_epochs_differ(seed):
    firsts = [stream(seed, name).random() for name in STREAMS]
    firsts += [stream(seed + 1, "order").random(), stream(seed, "order", 1).random()]
    assert len(set(firsts)) == len(firsts)


def test_streams_are_pinned_so_that_a_release_cannot_move_them_unnoticed():
    assert [integer(0, name) for name in ("weights", "order", "dropout")] == PINNED


def test_streams_look_independent():
    pairs = np.array([[stream(s, "weights").normal(), stream(s, "order").normal()]
                      for s in range(2000)])  # fmt: skip
    assert abs(np.corrcoef(pairs.T)[0, 1]) < 0.08  # 3.5 standard errors


def test_an_unknown_name_is_refused():
    with pytest.raises(ValueError, match="expected one of weights, order"):
        stream(0, "wieghts")


PINNED = [552275102, 260326676, 881733826]
