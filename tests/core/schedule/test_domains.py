import numpy as np
import pytest

from core import Domains
from core.schedule.orders import for_run
from data import InputError

ROTATED = Domains(kind="rotated", number=4)


def test_a_domain_is_a_task_of_classes_of_its_own():
    order = for_run(Domains(kind="permuted", number=3, epochs_each=2), seed=0, classes=2)
    assert order.groups == ((0, 1), (2, 3), (4, 5))
    assert (order.epochs, order.task(2), order.task(3)) == (6, 0, 1)


def test_an_epoch_shows_every_image_of_its_task_once():
    order, labels = Domains(kind="permuted", number=2), np.array([0, 1, 1, 2, 3, 3])
    shown = order(labels, epoch=2, batch_size=2, rng=np.random.default_rng(0))
    assert sorted(shown.indices) == [3, 4, 5]
    assert shown.tasks.tolist() == [1]
    joint = order.joint()(labels, epoch=1, batch_size=4, rng=np.random.default_rng(0))
    assert sorted(joint.indices) == list(range(6))


def test_angles_are_of_their_part_of_the_half_turn():
    assert Domains(kind="rotated", number=4, angles="equal").degrees(ROTATED.rng(0)).tolist() == [
        *(0, 45, 90, 135)
    ]
    drawn = np.array([ROTATED.degrees(ROTATED.rng(seed)) for seed in range(200)])
    assert drawn.min() >= 0
    assert drawn.max() < 180
    assert abs(drawn.mean(axis=0) - 90).max() < 15  # sd of a mean: 3.7
    rising = Domains(kind="rotated", number=4, angles="increasing")
    parts = np.array([rising.degrees(rising.rng(seed)) for seed in range(50)]) // 45
    assert (parts == [0, 1, 2, 3]).all()
    given = Domains(kind="rotated", number=2, angles=(10, -3.5), first_plain=True)
    assert given.degrees(given.rng(0)).tolist() == [0, -3.5]


def test_a_seed_of_its_own_is_that_of_all_runs():
    fixed = Domains(kind="rotated", number=4, seed=7)
    assert fixed.degrees(fixed.rng(0)).tolist() == fixed.degrees(fixed.rng(1)).tolist()
    assert ROTATED.degrees(ROTATED.rng(0)).tolist() != ROTATED.degrees(ROTATED.rng(1)).tolist()
    assert ROTATED.degrees(ROTATED.rng(7)).tolist() == fixed.degrees(fixed.rng(0)).tolist()


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"kind": "permuted", "angles": "equal"}, 'expected them with kind="rotated"'),
        ({"kind": "rotated", "angles": (1.0, 2.0)}, "Received 2 angles for 3 tasks"),
        ({"kind": "rotated", "angles": "even"}, "expected one of increasing, equal, a tuple"),
        ({"kind": "rotated", "angles": (1.0, 2.0, 400)}, "degrees from -360 to 360"),
        ({"kind": "mirrored"}, "one of permuted, rotated"),
        ({"kind": "rotated", "seed": -1}, "expected a whole number from 0 up, or None"),
        ({"kind": "rotated", "epochs_each": 2, "steps_each": 5}, "expected one of them"),
    ],
)
def test_what_is_no_sequence_of_domains_is_refused(fields, message):
    with pytest.raises(InputError, match=message):
        Domains(number=3, **fields)
