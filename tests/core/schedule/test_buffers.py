import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from core.schedule.buffers import EMPTY, RULES, Buffer, candidates, exemplars, mislabelled
from core.schedule.herding import herding
from data import InputError

STREAMING = ["reservoir", "class-balanced", "ring"]


@st.composite
def streams(draw):
    """Classes of the examples 0, 1, 2, ... in the order in which they arrive."""
    # Lists drawn one element at a time are mostly too short to fill a buffer.
    n, seed = draw(st.integers(1, 120)), draw(st.integers(0, 999))
    shares = draw(st.sampled_from([(1, 1, 1, 1), (8, 4, 2, 1), (0, 1, 9, 0)]))
    p = np.array(shares) / sum(shares)
    return np.random.default_rng(seed).choice(4, size=n, p=p).astype(np.int64)


def feed(rule, labels, capacity, *, classes=4, seed=0, pieces=1, arrivals=None):
    """The buffer after examples have arrived, some at a time."""
    rng = np.random.default_rng(seed)
    buffer = Buffer.empty(capacity, classes)
    arrivals = np.arange(len(labels)) if arrivals is None else arrivals
    for part in np.array_split(arrivals.astype(np.int32), pieces):
        slots, full = RULES[rule].admit(buffer, part, labels, rng)
        held = buffer.held.copy()
        for slot, example in zip(slots, part, strict=True):
            assert EMPTY <= slot < capacity
            if slot != EMPTY:
                held[slot] = example
        counted = np.bincount(labels[part], minlength=classes)
        buffer = Buffer(held, buffer.seen + counted, full)
    return buffer


def counts(buffer, labels, classes=4):
    return np.bincount(labels[buffer.held[buffer.held != EMPTY]], minlength=classes)


@given(
    st.sampled_from(STREAMING), streams(), st.integers(4, 40), st.integers(1, 6), st.integers(0, 99)
)
def test_a_buffer_holds_what_has_arrived_each_once(rule, y, capacity, pieces, seed):
    held = feed(rule, y, capacity, pieces=pieces, seed=seed).held
    some = held[held != EMPTY].tolist()
    assert held.shape == (capacity,)
    assert len(set(some)) == len(some)
    assert set(some) <= set(range(len(y)))
    if rule != "ring":
        assert len(some) == min(capacity, len(y))


@given(st.sampled_from(STREAMING), streams(), st.integers(4, 40))
def test_a_rule_changes_neither_the_memory_nor_the_labels(rule, y, capacity):
    buffer = feed(rule, y, capacity)
    before = [array.copy() for array in (*buffer, y)]
    RULES[rule].admit(buffer, np.arange(len(y), dtype=np.int32), y, np.random.default_rng(0))
    assert all(np.array_equal(*pair) for pair in zip(before, (*buffer, y), strict=True))


@given(streams(), st.integers(4, 40), st.integers(1, 6))
def test_a_ring_holds_the_latest_of_each_class_in_equal_parts(y, capacity, pieces):
    buffer = feed("ring", y, capacity, pieces=pieces)
    own = capacity // 4
    latest = np.concatenate([np.flatnonzero(y == label)[-own:] for label in range(4)])
    assert sorted(buffer.held[buffer.held != EMPTY]) == sorted(latest)


@given(streams(), st.integers(1, 40), st.integers(1, 6), st.integers(0, 99))
def test_a_class_balanced_buffer_is_as_even_as_the_stream_allows(y, capacity, pieces, seed):
    buffer = feed("class-balanced", y, capacity, pieces=pieces, seed=seed)
    held = counts(buffer, y)
    if len(y) < capacity:
        assert list(held) == list(buffer.seen)
        return
    short = held < held.max() - 1
    assert list(held[short]) == list(buffer.seen[short])
    assert buffer.full[held == held.max()].all()


@pytest.mark.parametrize("repeats", [1, 3])
@pytest.mark.parametrize("sort", [True, False])
def test_a_class_balanced_buffer_is_even_whatever_the_sizes_of_the_classes(repeats, sort):
    y = np.repeat(np.arange(4), [500, 30, 2000, 100])
    y = y if sort else np.random.default_rng(0).permutation(y)
    arrivals = np.tile(np.arange(len(y)), repeats)
    buffer = feed("class-balanced", y, 82, pieces=7, arrivals=arrivals)
    assert sorted(counts(buffer, y)) == [20, 20, 21, 21]


def evenness(rule, y, capacity, runs, pieces):
    """P value of every arrival being held equally often, over many runs.

    The numbers of times are drawn without replacement in every run: their variance is p(1 - p)
    a run, and the statistic has one degree of freedom fewer than there are arrivals.
    """
    held = [feed(rule, y, capacity, seed=s, pieces=pieces).held for s in range(runs)]
    return np.bincount(np.concatenate(held), minlength=len(y))


def p_value(times, runs):
    n, p = len(times), times.sum() / runs / len(times)
    statistic = ((times - runs * p) ** 2).sum() / (runs * p * (1 - p)) * (n - 1) / n
    return stats.chi2.sf(statistic, n - 1)


@pytest.mark.parametrize("pieces", [1, 5])
def test_a_reservoir_is_uniform_over_the_stream(pieces):
    y = np.zeros(60, dtype=np.int64)
    times = evenness("reservoir", y, 12, runs=2000, pieces=pieces)
    assert times.sum() == 12 * 2000
    assert 0.001 < p_value(times, 2000) < 0.999


def test_class_balanced_is_uniform_within_each_class():
    y = np.concatenate([np.zeros(40, dtype=np.int64), np.tile([1, 1, 2], 20), np.zeros(10, int)])
    times = evenness("class-balanced", y, 12, runs=2000, pieces=3)
    for label in range(3):
        assert 0.001 < p_value(times[y == label], 2000) < 0.999
        assert times[y == label].sum() == pytest.approx(4 * 2000, rel=0.01)


def literally_class_balanced(y, capacity, rng):
    """Algorithm 1 of Chrysakis & Moens, one example after the other."""
    held, full, seen = [], set(), {}
    for i, label in enumerate(y.tolist()):
        seen[label] = seen.get(label, 0) + 1
        sizes = {c: sum(y[j] == c for j in held) for c in seen}
        if len(held) == capacity:
            full |= {c for c, size in sizes.items() if size == max(sizes.values())}
        if len(held) < capacity:
            held.append(i)
        elif label not in full:
            largest = [k for k, j in enumerate(held) if sizes[y[j]] == max(sizes.values())]
            held[rng.choice(largest)] = i
        elif rng.random() <= sizes[label] / seen[label]:
            held[rng.choice([k for k, j in enumerate(held) if y[j] == label])] = i
    return held


@pytest.mark.slow
def test_class_balanced_holds_each_arrival_as_often_as_the_published_algorithm():
    y = np.random.default_rng(3).choice(3, size=40, p=[0.7, 0.2, 0.1])
    runs = 1500
    mine = evenness("class-balanced", y, 9, runs=runs, pieces=2)
    rng = np.random.default_rng(0)
    theirs = np.bincount(
        np.concatenate([literally_class_balanced(y, 9, rng) for _ in range(runs)]), minlength=40
    )
    p = (mine + theirs) / (2 * runs)
    error = np.sqrt(2 * p * (1 - p) / runs)
    assert (np.abs(mine - theirs) / runs <= 4 * error).all()


def herd(segments, y, features, capacity):
    """The buffers after each segment, as the trainer would have it."""
    buffer = Buffer.empty(capacity, 3)
    for shown in segments:
        buffer = buffer._replace(seen=buffer.seen + np.bincount(y[shown], minlength=3))
        examples = candidates(buffer, shown.astype(np.int32), y)
        buffer = exemplars(buffer, examples, features[examples], y)
        yield buffer.held


def test_herding_divides_the_capacity_among_the_classes_seen_so_far():
    y = np.repeat(np.arange(3), 20)
    features = np.random.default_rng(0).random((60, 5), dtype=np.float32)
    classes = [np.flatnonzero(y == label) for label in (2, 0, 1)]
    first, second, third = herd(classes, y, features, 13)
    order = {label: np.flatnonzero(y == label)[herding(features[y == label], 13)]
             for label in range(3)}  # fmt: skip
    assert list(first) == list(order[2])
    assert list(second) == [*order[0][:6], *order[2][:6], EMPTY]
    assert list(third) == [*order[0][:4], *order[1][:4], *order[2][:4], EMPTY]


def test_herding_chooses_a_class_that_comes_again_anew_and_leaves_the_others():
    y = np.repeat(np.arange(3), 20)
    rng = np.random.default_rng(0)
    features = rng.random((60, 5), dtype=np.float32)
    before, *_, after = herd([np.arange(60), np.arange(20)], y, features, 9)
    assert list(before) == list(after)
    features[:20] = rng.random((20, 5))
    buffer = Buffer(after, np.array([40, 20, 20]), np.zeros(3, dtype=bool))
    examples = candidates(buffer, np.arange(5, dtype=np.int32), y)
    assert sorted(examples) == sorted({*range(5), *after[:3].tolist()})
    again = exemplars(buffer, examples, features[examples], y).held
    assert list(again[:3]) == list(examples[herding(features[examples], 3)])
    assert list(again[3:]) == list(after[3:])


def test_herding_with_fewer_slots_than_classes_is_refused():
    y = np.arange(3)
    with pytest.raises(InputError, match="capacity 2 for 3 classes"):
        list(herd([np.arange(3)], y, np.ones((3, 2), dtype=np.float32), 2))


def test_the_share_of_mislabelled_examples_is_that_of_those_held():
    changed = np.array([True, False, False, True])
    contents = np.array([[0, 1, 2, 3], [0, 3, 3, EMPTY], [1, 2, EMPTY, EMPTY], [EMPTY] * 4])
    assert mislabelled(contents, changed).tolist()[:3] == [0.5, 1, 0]
    assert np.isnan(mislabelled(contents, changed)[3])
