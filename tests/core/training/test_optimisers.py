"""PyTorch's Adam, against its formula; with a count for each column against heads apart."""

from dataclasses import replace

import keras
import numpy as np
import pytest

from core import Pretraining, Recipe, Tasks, spec
from core.training.build import fresh_model, make_optimiser
from core.training.optimisers import TorchAdam
from data import InputError
from tests.core.by_hand import distance, images, trained


class ByHand:
    """torch.optim.Adam of one parameter, as its documentation writes it down."""

    def __init__(self, value):
        self.value, self.m, self.v, self.t = value.astype(np.float64), 0.0, 0.0, 0

    def step(self, gradient):
        self.t += 1
        self.m = 0.9 * self.m + 0.1 * gradient
        self.v = 0.999 * self.v + 0.001 * gradient**2
        m, v = self.m / (1 - 0.9**self.t), self.v / (1 - 0.999**self.t)
        self.value = self.value - 0.01 * m / (np.sqrt(v) + 1e-8)


def variables(*values):
    return [keras.Variable(value) for value in values]


def test_it_is_pytorchs_formula():
    rng = np.random.default_rng(0)
    start = rng.normal(size=(3, 2)).astype(np.float32)
    (variable,), expected = variables(start), ByHand(start)
    optimiser = TorchAdam(learning_rate=0.01)
    optimiser.build([variable])
    for _ in range(20):
        gradient = (rng.normal(size=(3, 2)) * 1e-6).astype(np.float32)
        optimiser.apply([keras.ops.convert_to_tensor(gradient)])
        expected.step(gradient)
    assert np.abs(variable.numpy() - expected.value).max() < 1e-6


@pytest.mark.parametrize("reaches_all", [False, True])
def test_a_column_counts_from_its_first_gradient_as_a_head_of_its_own(reaches_all):
    rng = np.random.default_rng(1)
    starts = [rng.normal(size=shape).astype(np.float32) for shape in ((4, 5), (5,), (5, 3), (3,))]
    ours = variables(*starts)
    optimiser = TorchAdam(learning_rate=0.01, by_column=True)
    optimiser.build(ours)
    body = [ByHand(value) for value in starts[:2]]
    heads = [(ByHand(starts[2][:, k]), ByHand(starts[3][k])) for k in range(3)]
    begun = {0, 1}
    for step in range(12):
        active = [0, 1] if step < 6 else [2]
        gradients = [rng.normal(size=each.shape).astype(np.float32) for each in starts]
        if step % 3 == 0:
            gradients[0][:, 2] = 0  # a hidden unit that is silent for once counts all the same
        off = [k for k in range(3) if k not in active]
        gradients[2][:, off], gradients[3][off] = 0, 0
        if reaches_all and step == 3:
            optimiser.reach_all()
            begun.add(2)
        begun |= set(active)
        optimiser.apply([keras.ops.convert_to_tensor(each) for each in gradients])
        for hand, gradient in zip(body, gradients[:2], strict=True):
            hand.step(gradient)
        for k in begun:
            heads[k][0].step(gradients[2][:, k])
            heads[k][1].step(gradients[3][k])
    expected = [
        *(hand.value for hand in body),
        np.stack([kernel.value for kernel, _ in heads], axis=1),
        np.array([bias.value for _, bias in heads]),
    ]
    for variable, value in zip(ours, expected, strict=True):
        assert np.abs(variable.numpy() - value).max() < 1e-6


def test_it_is_made_again_from_its_configuration():
    optimiser = TorchAdam(learning_rate=0.01, by_column=True)
    assert TorchAdam.from_config(optimiser.get_config()).by_column


def test_a_decay_that_would_be_another_optimisers_is_refused():
    with pytest.raises(InputError, match="weight_decay would be that of PyTorch's AdamW"):
        make_optimiser(spec("TorchAdam", weight_decay=0.1), None)


FREE = Recipe(
    dataset="images", model=spec("mlp", widths=(8,)), preprocessing=("scale",), compiler="graph",
    optimiser=spec("ScheduleFreeAdamW", learning_rate=0.01), batch_size=90, epochs=1,
)  # fmt: skip
"""An optimiser whose state begins at the weights; one step an epoch."""


def test_a_state_that_begins_at_the_weights_begins_at_those_of_the_pretraining():
    _, first = trained(replace(FREE, epochs=50), 0, images())
    _, proper = trained(replace(FREE, pretraining=Pretraining(epochs=50)), 0, images())
    assert distance(first.last, fresh_model(FREE, 0, images()).get_weights()) > 0.2
    assert distance(first.last, proper.last) < 0.02


def test_and_at_those_of_the_task_before_where_it_is_reset():
    tasks = Tasks(groups=((0, 1), (2, 3)), epochs_each=50)
    recipe = replace(FREE, order=tasks, epochs=100, reset_optimiser=True)
    every = trained(recipe, 0, images())[1].epochs
    assert distance(every[49], every[0]) > 0.2
    assert distance(every[49], every[50]) < 0.02
