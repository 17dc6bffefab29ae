"""PyTorch's Adam, against its formula; with a count for each column against heads apart."""

import keras
import numpy as np
import pytest

from core.training.optimisers import TorchAdam


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
