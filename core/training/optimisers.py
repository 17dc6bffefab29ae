"""Optimisers that published rows were trained with, and Keras computes otherwise."""

from typing import Any

import keras
from keras import ops


class TorchAdam(keras.optimizers.Optimizer):
    """Adam as PyTorch computes it (torch.optim.Adam; Kingma & Ba 2015).

    The step is learning_rate * m / (1 - beta_1^t) / (sqrt(v / (1 - beta_2^t)) + epsilon): Keras'
    Adam has its epsilon beside the square root of v before the correction, and another value.

    Args:
        learning_rate: Of each step.
        beta_1: Decay of the mean of gradients, m.
        beta_2: Decay of the mean of their squares, v.
        epsilon: See above.
        by_column: Whether each output of the last layer counts its own steps t, from its first
            gradient on, as heads do that are layers of their own: PyTorch passes over a parameter
            that has no gradient yet. With one count for all, a head that comes late takes first
            steps that are up to three times as large.
    """

    def __init__(
        self,
        learning_rate: float = 1e-3,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        by_column: bool = False,
        name: str = "torch_adam",
        **kwargs: Any,
    ) -> None:
        if kwargs.get("weight_decay"):
            raise ValueError(
                "weight_decay would be that of PyTorch's AdamW; expected none, or Keras' AdamW"
            )
        super().__init__(learning_rate=learning_rate, name=name, **kwargs)
        self.beta_1, self.beta_2, self.epsilon = beta_1, beta_2, epsilon
        self.by_column = by_column

    def build(self, variables: list[Any]) -> None:
        """Make the means, the counts, and whether every column counts."""
        if self.built:
            return
        super().build(variables)
        self._m, self._v = self.add_optimizer_variables(variables, ["momentum", "velocity"])
        kernels = [i for i, each in enumerate(variables) if len(each.shape) > 1]
        last = kernels[-1] if kernels and self.by_column else len(variables)
        self._counts = [
            self.add_variable(each.shape[-1:] if i >= last else (), name=f"count_{i}")
            for i, each in enumerate(variables)
        ]
        self._all_columns = self.add_variable((), name="all_columns")

    def reach_all(self) -> None:
        """From now on every column counts its steps, gradients of 0 included."""
        self._all_columns.assign(1.0)

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """Change one variable by its gradient."""
        i = self._get_variable_index(variable)
        m, v, count = self._m[i], self._v[i], self._counts[i]
        seen = ops.ones_like(count)
        if len(count.shape):
            there = ops.any(ops.reshape(gradient != 0, (-1, count.shape[0])), axis=0)
            begun = ops.logical_or(there, count > 0)
            seen = ops.cast(ops.logical_or(begun, self._all_columns > 0), count.dtype)
        self.assign_add(count, seen)
        self.assign_add(m, (gradient - m) * (1 - self.beta_1))
        self.assign_add(v, (ops.square(gradient) - v) * (1 - self.beta_2))
        # Of a column that has not begun m is 0, and so is its step.
        steps = ops.maximum(count, 1.0)
        root = ops.sqrt(v / (1 - ops.power(self.beta_2, steps))) + self.epsilon
        rate = ops.cast(learning_rate, variable.dtype) / (1 - ops.power(self.beta_1, steps))
        self.assign_sub(variable, rate * m / root)

    def get_config(self) -> dict[str, Any]:
        """As Keras writes it down."""
        own = ("beta_1", "beta_2", "epsilon", "by_column")
        return {**super().get_config(), **{name: getattr(self, name) for name in own}}


OWN = {"TorchAdam": TorchAdam}
