import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.schedule.buffers import EMPTY, RULES, candidates, exemplars, mislabelled
from core.schedule.orders import Blocks, Blurred, ClassSequential, Shuffled, segments
from core.schedule.replay import Replay
from core.schedule.tasks import Tasks
from data import InputError

ORDERS = [
    Shuffled(),
    ClassSequential("random"),
    Blurred(fraction=0.4),
    Blocks(length=3),
    Tasks(groups=((1,), (0, 2)), epochs_each=1),
]
# Each class at least once. Lists drawn one element at a time would mostly fit into the buffer.
labels = st.builds(
    lambda n, seed: np.concatenate([[0, 1, 2], np.random.default_rng(seed).integers(3, size=n)]),
    st.integers(0, 60),
    st.integers(0, 999),
)
replays = st.builds(
    Replay,
    buffer=st.sampled_from(["reservoir", "class-balanced", "ring"]),
    capacity=st.integers(3, 40),
    fraction=st.sampled_from([0.2, 0.5, 0.75]),
    mode=st.sampled_from(["replace", "add"]),
)


def epochs(replay, order, y, size, seed, count=2):
    """Each epoch's schedule, and what replay made of it."""
    buffer = replay.empty(3)
    for epoch in range(1, count + 1):
        schedule = order(y, epoch=epoch, batch_size=size, rng=np.random.default_rng([seed, epoch]))
        mixed = replay(
            schedule, y, buffer, batch_size=size, rng=np.random.default_rng([seed, epoch, 1])
        )
        yield schedule, mixed, buffer
        buffer = mixed.buffer


def steps(mixed):
    """The new and the replayed examples of every step."""
    bounds = np.cumsum(mixed.schedule.batch_sizes)[:-1]
    indices, old = np.split(mixed.schedule.indices, bounds), np.split(mixed.origin.old, bounds)
    return [(i[~o].tolist(), i[o].tolist()) for i, o in zip(indices, old, strict=True)]


@given(replays, st.sampled_from(ORDERS), labels, st.integers(4, 9), st.integers(0, 99))
def test_everything_new_is_shown_once_in_the_order_and_the_segments_it_had(r, order, y, size, seed):
    for schedule, mixed, _ in epochs(r, order, y, size, seed):
        assert (
            mixed.schedule.batch_sizes.sum() == len(mixed.schedule.indices) == len(mixed.origin.old)
        )
        assert all(array.dtype == np.int32 for array in mixed.schedule)
        assert list(mixed.schedule.segment_of_class) == list(schedule.segment_of_class)
        old = iter(mixed.origin.old)
        for before, after in zip(segments(schedule), segments(mixed.schedule), strict=True):
            new = [example for example in after.indices if not next(old)]
            assert new == list(before.indices)


@given(replays, st.sampled_from(ORDERS), labels, st.integers(4, 9), st.integers(0, 99))
def test_batches_are_composed_as_promised(r, order, y, size, seed):
    odds = 1 if r.mode == "replace" else 1 - r.fraction
    count = round(r.fraction / odds * size)
    full = size - count if r.mode == "replace" else size
    for schedule, mixed, before in epochs(r, order, y, size, seed):
        composed = [(len(new), len(old)) for new, old in steps(mixed)]
        if (before.held == EMPTY).all():
            # Nothing to replay yet: a batch of new examples.
            new, old = composed.pop(0)
            assert old == 0
            first = next(part for part in segments(schedule) if len(part.indices))
            assert new == min(size, len(first.indices))
        ends = set(mixed.schedule.segment_ends - (len(steps(mixed)) - len(composed)))
        for i, (new, old) in enumerate(composed, 1):
            assert old == (count if new == full else round(new * count / full))
            assert new + old <= r.largest_batch(size)
            if r.mode == "replace":
                # Smaller batches are the last of their segments.
                assert new == full or (new < full and i in ends)
        if r.mode == "add":
            assert [len(new) for new, _ in steps(mixed)] == list(schedule.batch_sizes)


@given(replays, st.sampled_from(ORDERS), labels, st.integers(4, 9), st.integers(0, 99))
def test_a_batch_replays_what_the_buffer_held_before_it(r, order, y, size, seed):
    buffer = r.empty(3)
    for epoch in (1, 2):
        schedule = order(y, epoch=epoch, batch_size=size, rng=np.random.default_rng(seed))
        for k, part in enumerate(segments(schedule)):
            stream = [seed, epoch, k]
            mixed = r(part, y, buffer, batch_size=size, rng=np.random.default_rng(stream))
            # The rule, from the same place in the stream, and the buffer one example at a time.
            rule = r.rule.admit
            slots = iter(rule(buffer, part.indices, y, np.random.default_rng(stream)).slots)
            held = buffer.held.tolist()
            for new, old in steps(mixed):
                there = [example for example in held if example != EMPTY]
                assert not old or there
                for example in set(there) | set(old):
                    times, slots_of_it = old.count(example), there.count(example)
                    assert slots_of_it * (len(old) // len(there)) <= times
                    assert times <= slots_of_it * -(-len(old) // len(there))
                for example, slot in zip(new, slots, strict=False):
                    if slot != EMPTY:
                        held[slot] = example
            assert held == mixed.buffer.held.tolist()
            assert list(mixed.buffer.seen - buffer.seen) == list(
                np.bincount(y[part.indices], minlength=3)
            )
            buffer = mixed.buffer


@given(replays, st.sampled_from(ORDERS), labels, st.integers(4, 9), st.integers(0, 99))
def test_the_buffer_is_never_over_its_capacity_and_holds_only_what_was_shown(
    r, order, y, size, seed
):
    shown = set()
    for schedule, mixed, _ in epochs(r, order, y, size, seed):
        shown |= set(schedule.indices.tolist())
        assert mixed.contents.shape == (len(schedule.segment_ends), r.capacity)
        assert mixed.contents.dtype == np.int32
        assert list(mixed.contents[-1]) == list(mixed.buffer.held)
        assert set(mixed.contents.ravel().tolist()) <= shown | {EMPTY}


@given(
    replays, st.sampled_from(ORDERS), labels, st.integers(4, 9), st.integers(0, 99), st.booleans()
)
def test_an_epoch_at_once_is_its_segments_one_by_one(r, order, y, size, seed, later):
    *_, (schedule, _, buffer) = epochs(r, order, y, size, seed, count=1 + later)
    whole = r(schedule, y, buffer, batch_size=size, rng=np.random.default_rng(seed))
    rng = np.random.default_rng(seed)
    parts = []
    for part in segments(schedule):
        parts.append(r(part, y, buffer, batch_size=size, rng=rng))
        buffer = parts[-1].buffer
    for name in ("indices", "batch_sizes"):
        together = np.concatenate([getattr(part.schedule, name) for part in parts])
        assert list(together) == list(getattr(whole.schedule, name))
    assert np.array_equal(np.concatenate([part.contents for part in parts]), whole.contents)
    assert all(np.array_equal(*pair) for pair in zip(buffer, whole.buffer, strict=True))


@given(
    st.sampled_from(sorted(RULES)),
    st.sampled_from(["replace", "add"]),
    st.sampled_from(ORDERS),
    labels,
    st.integers(1, 9),
    st.integers(0, 99),
)
def test_a_share_of_0_leaves_the_schedule_as_it_was(buffer, mode, order, y, size, seed):
    r = Replay(buffer=buffer, capacity=5, fraction=0, mode=mode)
    schedule = order(y, epoch=1, batch_size=size, rng=np.random.default_rng(seed))
    parts = segments(schedule) if buffer == "herding" else [schedule]
    for part in parts:
        mixed = r(part, y, r.empty(3), batch_size=size, rng=np.random.default_rng(seed))
        assert all(np.array_equal(*pair) for pair in zip(part, mixed.schedule, strict=True))
        assert not mixed.origin.old.any()


@given(replays, labels, st.integers(0, 99))
def test_replay_changes_nothing_that_it_is_given(r, y, seed):
    buffer = next(epochs(r, Shuffled(), y, 4, seed))[1].buffer
    schedule = Shuffled()(y, epoch=2, batch_size=4, rng=np.random.default_rng(seed))
    given = (*schedule, *buffer, y)
    before = [array.copy() for array in given]
    r(schedule, y, buffer, batch_size=4, rng=np.random.default_rng(seed))
    assert all(np.array_equal(*pair) for pair in zip(given, before, strict=True))


MNIST = np.repeat(np.arange(10), [5330, 6067, 5362, 5517, 5257, 4878, 5326, 5638, 5265, 5354])


def one_epoch(replay, order, y=MNIST, size=100):
    schedule = order(y, epoch=1, batch_size=size, rng=np.random.default_rng(0))
    rng = np.random.default_rng(1)
    return replay(schedule, y, replay.empty(10), batch_size=size, rng=rng)


def test_half_of_each_batch_replaced_takes_twice_the_steps_of_the_notebook():
    mixed = one_epoch(Replay(capacity=500), ClassSequential())
    composed = [(len(new), len(old)) for new, old in steps(mixed)]
    assert composed[:2] == [(100, 0), (50, 50)]
    # 5,230 new examples of class 0 are left: 104 batches, and one of 30 + 30.
    assert composed[105] == (30, 30)
    assert mixed.schedule.segment_ends[0] == 106
    assert len(composed) == 1085
    assert set(composed[1:105]) == {(50, 50)}


def test_added_replay_keeps_the_steps_and_has_the_same_fraction():
    mixed = one_epoch(Replay(capacity=500, fraction=0.2, mode="add"), ClassSequential())
    composed = [(len(new), len(old)) for new, old in steps(mixed)]
    assert len(composed) == 545
    assert composed[:2] == [(100, 0), (100, 25)]
    assert composed[53] == (30, 8)
    assert Replay(capacity=500, fraction=0.2, mode="add").largest_batch(100) == 125
    assert Replay(capacity=500, fraction=0.2).largest_batch(100) == 100


def test_replay_shows_earlier_classes_while_a_later_one_has_its_turn():
    mixed = one_epoch(Replay(buffer="class-balanced", capacity=500), ClassSequential())
    last = segments(mixed.schedule)[9]
    old = mixed.origin.old[-len(last.indices) :]
    shown = np.bincount(MNIST[last.indices[old]], minlength=10)
    assert (shown[:9] > 200).all()
    assert (np.bincount(MNIST[mixed.buffer.held]) == 50).all()


def test_herding_waits_for_the_end_of_a_segment():
    y = np.repeat(np.arange(3), 20)
    features = np.random.default_rng(0).random((60, 4), dtype=np.float32)
    r = Replay(buffer="herding", capacity=6)
    schedule = ClassSequential()(y, epoch=1, batch_size=8, rng=np.random.default_rng(0))
    with pytest.raises(ValueError, match="3 segments with herding"):
        r(schedule, y, r.empty(3), batch_size=8, rng=np.random.default_rng(0))
    buffer, composed = r.empty(3), []
    for part in segments(schedule):
        before = buffer
        mixed = r(part, y, buffer, batch_size=8, rng=np.random.default_rng(0))
        composed.append([(len(new), len(old)) for new, old in steps(mixed)])
        assert set(mixed.schedule.indices[mixed.origin.old]) <= set(before.held)
        assert list(mixed.buffer.held) == list(before.held)
        examples = candidates(mixed.buffer, part.indices, y)
        buffer = exemplars(mixed.buffer, examples, features[examples], y)
    assert composed[0] == [(8, 0), (8, 0), (4, 0)]
    assert composed[1] == composed[2] == [(4, 4)] * 5
    assert list(y[buffer.held]) == [0, 0, 1, 1, 2, 2]


def test_a_buffer_holds_its_share_of_mislabelled_examples():
    changed = np.random.default_rng(0).random(len(MNIST)) < 0.2
    mixed = one_epoch(Replay(capacity=5000), Shuffled())
    assert mislabelled(mixed.contents, changed) == pytest.approx(0.2, abs=0.03)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: Replay(capacity=0),
        lambda: Replay(capacity=2.5),
        lambda: Replay(capacity=5, fraction=2),
        lambda: Replay(capacity=5, fraction=1),
        lambda: Replay(capacity=5, fraction=-0.1),
        lambda: Replay(capacity=5, fraction=float("nan")),
        lambda: Replay(capacity=5, buffer="everything"),
        lambda: Replay(capacity=5, mode="swap"),
        lambda: Replay(capacity=5, fraction=0.01).per_batch(10),
        lambda: Replay(capacity=5, fraction=0.99).per_batch(10),
        lambda: Replay(capacity=9, buffer="ring").empty(10),
        lambda: Replay(capacity=9, buffer="herding").empty(10),
    ],
)
def test_replay_that_cannot_be_is_refused_in_one_line(wrong):
    with pytest.raises(InputError, match=r"^Received [^\n]+; expected [^\n]+\.$"):
        wrong()


@pytest.mark.parametrize("buffer", ["task-balanced", "exemplars"])
def test_what_fills_at_the_end_of_a_task_leaves_the_first_ones_batches_as_they_are(buffer):
    y = np.repeat(np.arange(4), 10)
    r, tasks = Replay(buffer=buffer, capacity=8), Tasks(groups=((0, 1), (2, 3)))
    schedule = tasks(y, epoch=1, batch_size=8, rng=np.random.default_rng(0))
    mixed = r(schedule, y, r.empty(4), batch_size=8, rng=np.random.default_rng(0))
    assert [(len(new), len(old)) for new, old in steps(mixed)] == [(8, 0), (8, 0), (4, 0)]
