from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.schedule.latin_square import williams
from core.schedule.orders import (
    Blocks,
    Blurred,
    ClassSequential,
    Shuffled,
    for_run,
    segments,
)
from core.schedule.tasks import Tasks
from data import InputError

CYCLE = ((0, 1, 2), (1, 2, 0))
ORDERS = [
    Shuffled(),
    ClassSequential(),
    ClassSequential((2, 0, 1)),
    Shuffled((2, 0, 1)),
    ClassSequential("random"),
    ClassSequential(CYCLE),
    Shuffled("random"),
    Blurred(fraction=0.3),
    Blurred(fraction=1, classes="random"),
    Blocks(length=1),
    Blocks(length=5, classes=(2, 0, 1)),
]

# Three classes, each there at least once.
labels = st.lists(st.integers(0, 2), max_size=60).map(
    lambda rest: np.array([0, 1, 2, *rest], dtype=np.int64)
)


def write(order, labels, batch_size=4, epoch=1, seed=0):
    rng = np.random.default_rng(seed)
    return order(labels, epoch=epoch, batch_size=batch_size, rng=rng)


@given(labels, st.integers(1, 70), st.sampled_from(ORDERS), st.integers(0, 99))
def test_every_example_is_shown_exactly_once_in_batches_of_the_size_asked_for(y, size, order, seed):
    schedule = write(order, y, size, seed=seed)
    assert sorted(schedule.indices) == list(range(len(y)))
    assert schedule.batch_sizes.sum() == len(y)
    assert schedule.batch_sizes.min() >= 1
    assert schedule.batch_sizes.max() <= size
    assert schedule.segment_ends[-1] == len(schedule.batch_sizes)
    assert (np.diff(schedule.segment_ends) >= 0).all()
    assert sorted(schedule.segment_of_class) == [1, 2, 3]


@given(labels, st.integers(1, 9), st.permutations(range(3)))
def test_class_sequential_shows_one_class_in_each_segment(y, size, classes):
    schedule = write(ClassSequential(tuple(classes)), y, size)
    shown = np.split(y[schedule.indices], np.cumsum(schedule.batch_sizes)[:-1])
    start = 0
    for segment, end in enumerate(schedule.segment_ends, 1):
        batches = np.concatenate(shown[start:end])
        assert set(batches) == {classes[segment - 1]}
        assert schedule.segment_of_class[classes[segment - 1]] == segment
        # Full batches, and one smaller one at the end of the class at most.
        assert [len(b) for b in shown[start : end - 1]] == [size] * (end - 1 - start)
        start = end


@given(st.integers(0, 50))
def test_each_class_is_shuffled_within_itself_and_anew_for_each_stream(seed):
    y = np.repeat([0, 1], 30)
    first, second = (write(ClassSequential(), y, seed=s).indices for s in (seed, seed + 1))
    assert list(first[:30]) != list(range(30))
    assert list(first) != list(second)


def test_class_sequential_has_the_545_steps_of_the_notebook():
    counts = [5330, 6067, 5362, 5517, 5257, 4878, 5326, 5638, 5265, 5354]
    y = np.repeat(np.arange(10), counts)
    schedule = write(ClassSequential(), y, 100)
    assert len(schedule.batch_sizes) == 545
    assert list(schedule.batch_sizes[[53, 114]]) == [30, 67]
    assert len(write(Shuffled(), y, 100).batch_sizes) == 540


def test_the_shuffled_order_is_measured_where_the_classes_would_end():
    y = np.repeat(np.arange(3), [40, 20, 60])
    assert list(write(Shuffled(), y, 10).segment_ends) == [4, 6, 12]
    assert list(write(Shuffled((2, 0, 1)), y, 10).segment_ends) == [6, 10, 12]
    assert list(write(ClassSequential(), y, 10).segment_ends) == [4, 6, 12]


@pytest.mark.parametrize("classes", [(0, 1), (0, 0, 1), (0, 1, 2, 3), (1, 2, 3)])
def test_a_class_order_names_every_class_once(classes):
    for order in (ClassSequential(classes), Shuffled(classes)):
        with pytest.raises(InputError, match="each of the classes 0 to 2 exactly once"):
            write(order, np.array([0, 1, 2]))


@given(labels, st.sampled_from(ORDERS), st.integers(1, 9))
def test_a_schedule_falls_apart_into_its_segments(y, order, size):
    schedule = write(order, y, size)
    parts = segments(schedule)
    assert len(parts) == len(schedule.segment_ends) == 3
    for field in ("indices", "batch_sizes"):
        together = np.concatenate([getattr(part, field) for part in parts])
        assert list(together) == list(getattr(schedule, field))
    assert all(part.batch_sizes.sum() == len(part.indices) for part in parts)
    assert [part.segment_ends.tolist() for part in parts] == [
        [len(part.batch_sizes)] for part in parts
    ]


def class_orders(order, epochs=range(1, 5), seed=0):
    """The classes in the order of their turns, for each epoch, as the trainer draws them."""
    y = np.repeat(np.arange(8), 5)
    written = [
        order(y, epoch=e, batch_size=5, rng=np.random.default_rng([seed, e])) for e in epochs
    ]
    return [np.argsort(schedule.segment_of_class).tolist() for schedule in written]


def test_a_random_class_order_is_new_every_epoch_and_the_same_for_all_orders_of_a_stream():
    sequential = class_orders(ClassSequential("random"))
    assert len({tuple(order) for order in sequential}) == 4
    assert sequential == class_orders(Shuffled("random"))
    assert sequential == class_orders(Blurred(fraction=0.5, classes="random"))
    assert sequential == class_orders(Blocks(length=3, classes="random"))
    assert sequential != class_orders(ClassSequential("random"), seed=1)


def test_class_orders_given_for_each_epoch_take_turns():
    up, down = tuple(range(8)), tuple(range(7, -1, -1))
    assert class_orders(ClassSequential((up, down))) == [list(up), list(down)] * 2


SQUARES = [
    Shuffled("latin-square"),
    ClassSequential("latin-square"),
    Blurred(fraction=0.3, classes="latin-square"),
    Blocks(length=3, classes="latin-square"),
]


@pytest.mark.parametrize("order", SQUARES)
def test_over_the_seeds_a_latin_square_gives_each_class_each_place(order):
    runs = [class_orders(for_run(order, seed, classes=8)) for seed in range(8)]
    assert all(epoch == run[0] for run in runs for epoch in run)  # one order for the whole run
    assert [run[0] for run in runs] == williams(8).tolist()


def test_after_the_last_row_of_the_square_the_first_comes_again():
    even, odd = ([for_run(SQUARES[1], seed, n) for seed in range(12)] for n in (4, 3))
    assert even[:4] == even[4:8] == even[8:]
    assert odd[:6] == odd[6:]
    assert len(set(odd)) == 6


def test_a_run_keeps_everything_else_of_its_order():
    assert for_run(SQUARES[2], 0, 4) == Blurred(fraction=0.3, classes=(0, 1, 3, 2))
    for order in [*ORDERS, TASKS]:
        assert for_run(order, 5, 3) is order


@pytest.mark.parametrize("order", SQUARES)
def test_a_latin_square_without_a_seed_cannot_be_written_down(order):
    with pytest.raises(ValueError, match="without a seed"):
        write(order, np.array([0, 1, 2]))


@given(labels, st.integers(1, 9), st.integers(0, 99))
def test_blurred_by_nothing_is_class_sequential(y, size, seed):
    blurred = write(Blurred(fraction=0), y, size, seed=seed)
    for mine, plain in zip(blurred, write(ClassSequential(), y, size, seed=seed), strict=True):
        assert list(mine) == list(plain)


@given(labels, st.floats(0, 1), st.integers(0, 99))
def test_the_blur_moves_no_more_than_its_share_of_each_class(y, share, seed):
    schedule = write(Blurred(fraction=share), y, seed=seed)
    for label, part in enumerate(segments(schedule)):
        others = np.count_nonzero(y[part.indices] != label)
        assert others <= round(share * np.count_nonzero(y == label))


@pytest.mark.parametrize("share", [0.1, 0.5, 1])
def test_the_blur_opens_its_share_of_the_places_to_all_classes(share):
    y = np.repeat(np.arange(10), 2000)
    shown = [y[part.indices] for part in segments(write(Blurred(fraction=share), y, 100))]
    others = np.mean([np.mean(part != label) for label, part in enumerate(shown)])
    # A place that is open is filled from its own class once in ten times.
    assert others == pytest.approx(0.9 * share, abs=0.01)


@given(labels, st.integers(1, 12), st.integers(0, 99))
def test_blocks_hold_one_class_and_have_the_length_asked_for(y, length, seed):
    shown = y[write(Blocks(length=length), y, seed=seed).indices].tolist()
    counts = [shown.count(label) for label in range(3)]
    left = {label: [length] * (n // length) + [n % length] for label, n in enumerate(counts)}
    # Read block by block: at every place one of the blocks of that class that are left over fits.
    assert _fits(shown, left)


def _fits(shown, left):
    if not shown:
        return not any(any(sizes) for sizes in left.values())
    label = shown[0]
    for size in {size for size in left[label] if size}:
        if shown[:size] == [label] * size:
            rest = list(left[label])
            rest.remove(size)
            if _fits(shown[size:], {**left, label: rest}):
                return True
    return False


def test_blocks_of_whole_classes_are_class_sequential_in_random_order():
    y = np.repeat(np.arange(5), 7)
    runs = {tuple(y[write(Blocks(length=9), y, seed=s).indices][::7]) for s in range(20)}
    assert len(runs) > 15
    assert all(sorted(run) == list(range(5)) for run in runs)


TASKS = Tasks(groups=((2,), (0, 1)), epochs_each=2)


@given(labels, st.integers(1, 9), st.integers(1, 4), st.integers(0, 99))
def test_an_epoch_of_a_task_shows_its_classes_and_no_others(y, size, epoch, seed):
    schedule = write(TASKS, y, size, epoch=epoch, seed=seed)
    group = TASKS.groups[(epoch - 1) // 2]
    assert sorted(schedule.indices) == np.flatnonzero(np.isin(y, group)).tolist()
    assert schedule.batch_sizes.sum() == len(schedule.indices)
    assert schedule.segment_ends.tolist() == [len(schedule.batch_sizes)]
    # 0 stands for no turn in this epoch.
    assert schedule.segment_of_class.tolist() == [int(label in group) for label in range(3)]


def test_tasks_end_and_do_not_come_again():
    y = np.array([0, 1, 2])
    assert TASKS.epochs == 4
    assert [write(TASKS, y, epoch=e).segment_of_class[2] for e in (1, 2, 3, 4)] == [1, 1, 0, 0]
    for epoch in (0, 5):
        with pytest.raises(InputError, match="epochs 1 to 4"):
            write(TASKS, y, epoch=epoch)


def test_tasks_that_do_not_fit_the_data_are_refused():
    with pytest.raises(InputError, match="tasks of 3 classes for data of 4"):
        write(TASKS, np.array([0, 1, 2, 3]))
    with pytest.raises(InputError, match="merge it with another"):
        write(Tasks(groups=((0,), (1,), (2,))), np.array([0, 2]), epoch=2)


@given(labels, st.sampled_from([*ORDERS, TASKS]), st.integers(0, 9))
def test_an_epoch_can_be_written_again_and_its_labels_stay_as_they_were(y, order, seed):
    before = y.copy()
    for mine, again in zip(write(order, y, seed=seed), write(order, y, seed=seed), strict=True):
        assert mine.dtype == np.int32
        assert list(mine) == list(again)
    assert list(y) == list(before)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: Blurred(fraction=-0.1),
        lambda: Blurred(fraction=2),
        lambda: Blurred(fraction=float("nan")),
        lambda: Blocks(length=0),
        lambda: Blocks(length=True),
        lambda: Tasks(groups=()),
        lambda: Tasks(groups=((0,), ())),
        lambda: Tasks(groups=((0, 1), (1,))),
        lambda: Tasks(groups=((0, 1), (3,))),
        lambda: Tasks(groups=(0, 1)),
        lambda: Tasks(groups=((0, 1),), epochs_each=0),
        lambda: Tasks(groups=((0.0, 1.0),)),
        lambda: Tasks(groups=((False, True),)),
        lambda: ClassSequential("alphabetical"),
        lambda: ClassSequential(()),
        lambda: ClassSequential((0, "1")),
        lambda: Shuffled(((0, 1), (1, "0"))),
        lambda: Shuffled(((0, 1), "random")),
        lambda: Shuffled(((0, 1), "latin-square")),
    ],
)
def test_orders_that_are_none_are_refused_at_construction_in_one_line(wrong):
    with pytest.raises(InputError, match=r"^Received [^\n]+; expected [^\n]+\.$"):
        wrong()


def test_cumulative_tasks_show_all_classes_so_far():
    labels = np.repeat(np.arange(3), 5)
    order = Tasks(groups=((2,), (0,), (1,))).cumulative()
    shown = [sorted(set(labels[write(order, labels, epoch=e).indices])) for e in (1, 2, 3)]
    assert shown == [[2], [0, 2], [0, 1, 2]]
    assert [int(write(order, labels, epoch=e).tasks[0]) for e in (1, 2, 3)] == [0, 1, 2]


def test_joint_training_shows_everything_and_has_no_tasks():
    labels = np.repeat(np.arange(3), 5)
    order = Tasks(groups=((2,), (0,), (1,)), epochs_each=2).joint()
    assert order.epochs == 2
    schedule = write(order, labels, epoch=2)
    assert sorted(schedule.indices) == list(range(15))
    assert schedule.tasks.tolist() == [-1]


def test_tasks_by_steps_show_whole_passes_without_what_is_left_over():
    labels = np.repeat(np.arange(2), (10, 7))
    order = Tasks(groups=((0,), (1,)), steps_each=5)
    assert order.epochs == 2
    schedule = write(order, labels, epoch=1, batch_size=4)
    assert schedule.batch_sizes.tolist() == [4] * 5
    passes = [schedule.indices[:8], schedule.indices[8:16], schedule.indices[16:]]
    assert all(len(set(each)) == len(each) for each in passes)
    assert labels[schedule.indices].max() == 0
    # A task of fewer examples than a batch is one batch after another of all of them.
    small = write(order, labels[5:12], epoch=1, batch_size=8)
    assert small.batch_sizes.tolist() == [5] * 5
    assert replace(order, shown="all").epochs == 2


def test_permuted_tasks_have_other_classes_with_each_seed():
    order = Tasks(groups=((0, 1), (2, 3), (4,)), permuted=True)
    of_seeds = [for_run(order, seed, 5).groups for seed in range(4)]
    assert len(set(of_seeds)) > 1
    for groups in of_seeds:
        assert [len(group) for group in groups] == [2, 2, 1]
        assert sorted(sum(groups, ())) == list(range(5))
    assert for_run(order, 2, 5).groups == of_seeds[2]


def test_a_task_has_epochs_or_steps():
    with pytest.raises(InputError, match="expected one of them"):
        Tasks(groups=((0,), (1,)), epochs_each=2, steps_each=5)
