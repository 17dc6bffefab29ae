"""How a network learns: what a learning rule may change, and plain training where it does not.

A strategy is a frozen dataclass in a recipe's field `strategy`. Each of its methods has a neutral
default, so a rule overrides only what it is about; `Strategy()` itself is plain training. What is
traced runs inside the compiled epoch, on arrays whose shapes do not change: nothing Python happens
per step. The arrays that a rule carries on from step to step are its state.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.notes import Note
from core.schedule.orders import Schedule
from core.schedule.replay import Origin
from core.types import Indices

Tensor = Any
"""A TensorFlow tensor, float32 unless said otherwise: this file is read without TensorFlow."""
State = Mapping[str, Any]
"""A strategy's arrays by name."""


class Sizes(NamedTuple):
    """What a strategy's arrays depend on.

    Attributes:
        variables: The trainable variables' first values, float32, in the network's order.
        outputs: How many the network has.
        examples: How many are trained on.
        capacity: Of the replay buffer; 0 without one.
        tasks: How many the order has; 0 of an order without tasks.
        heads: How many softmaxes the outputs can have, see `Network`.
    """

    variables: tuple[NDArray[np.float32], ...]
    outputs: int
    examples: int
    capacity: int
    tasks: int
    heads: int = 1


class Task(NamedTuple):
    """One task of an order.

    Attributes:
        number: Counted from 0.
        examples: Positions of its examples, int32 [k]; see `Network`.
        places: Their positions in the training part, as a schedule has them, int32 [k].
    """

    number: int
    examples: Indices
    places: Indices


class Network(NamedTuple):
    """A network between two tasks, and the arrays that it is trained on.

    Attributes:
        model: The Keras model; its outputs are logits.
        inputs: From positions of examples, int32 [k], to their inputs, float32 [k, ...].
        y: Training labels, int32 [n].
        masks: What is added to the logits of each of the task's examples, in their order: 0 for an
            output that is active, -1e9 for one that is not; float32 [k, outputs].
        weights: The trainable variables' values, float32, in the network's order.
        importance: For each variable the mean over the task's examples of a function of the
            example's own gradient, see `core.training.importance`; float64, in its shape. Of
            `exact`, `predicted`, `true` and `sampled` it is the Fisher information, of `outputs`
            the sensitivity of the outputs' squared norm, by batches where `batch` says how large.
        heads: The outputs of the tasks so far, a row for each softmax that they have: 0 of an
            output that is active in it, -1e9 of others; float32 [h, outputs].
        train: Where the training part is in `y`, int32 [n].
        held: What the replay buffer holds, positions in the training part, int32 [k].
        logits: From positions in the training part, int32 [k], to what the network says of them,
            float32 [k, outputs].
        features: The same to the inputs of its last layer, float32 [k, d].
    """

    model: Any
    inputs: Callable[[Indices], Tensor]
    y: Tensor
    masks: NDArray[np.float32]
    weights: tuple[NDArray[np.float32], ...]
    importance: Callable[..., list[NDArray[np.float64]]]
    heads: NDArray[np.float32]
    train: Indices
    held: Indices
    logits: Callable[[Indices], NDArray[np.float32]]
    features: Callable[[Indices], NDArray[np.float32]]


@dataclass(frozen=True)
class Strategy:
    """Plain training; base of all learning rules.

    Examples:
        >>> from dataclasses import dataclass
        >>> from core import Strategy
        >>> @dataclass(frozen=True)
        ... class HalvedGradients(Strategy):
        ...     def gradients(self, parts, variables, state):
        ...         return [each / 2 for each in parts[0]]
        >>> HalvedGradients().overrides("gradients")
        True
    """

    compiler: ClassVar[Literal["auto", "xla", "graph"]] = "auto"
    """`xla`, `graph`, or `auto`: as the network's layers ask for."""
    cross_entropy: ClassVar[bool] = True
    """Whether the batch's mean cross-entropy is part of the loss."""
    reaches_all: ClassVar[bool] = False
    """Whether its gradient is of all variables from the second task on, also where it is 0."""
    references: ClassVar[Literal["", "batch", "tasks"]] = ""
    """Whose gradients it is given beside that of the loss: of the examples that each `batch` draws
    from the replay buffer, which are then no part of the loss; of all that the buffer holds of each
    of the `tasks` that are over."""
    fixed_inputs: ClassVar[str] = ""
    """Why inputs may not be drawn anew in each step; empty where they may."""
    recorded: ClassVar[tuple[str, ...]] = ()
    """Which of its arrays the record keeps, as they are at the training's end."""

    @property
    def draws(self) -> int:
        """How often each batch draws from the replay buffer."""
        return 1

    def check(self, recipe: Any) -> None:
        """Refuse a recipe that the rule cannot be part of.

        Raises:
            InputError: It is one; with the reason.
        """

    def columns(
        self, schedule: Schedule, origin: Origin, rng: np.random.Generator
    ) -> dict[str, NDArray[Any]]:
        """What comes with each example that a schedule shows, made before its steps run.

        Args:
            schedule: What is shown, replayed examples included.
            origin: Where each of its indices comes from: new, or of which draw from the buffer.
            rng: A stream of this part of the run's own.

        Returns:
            int32 or float32 [m] by name, the same names in every call. `weight` multiplies the
            example's loss.
        """
        return {}

    def state(self, sizes: Sizes) -> dict[str, NDArray[Any]]:
        """The arrays before training, by name; their shapes and dtypes stay."""
        return {}

    def loss(self, logits: Tensor, rows: Mapping[str, Tensor], state: State) -> Tensor:
        """Traced: what is added to the batch's mean cross-entropy.

        Args:
            logits: float32 [b, outputs].
            rows: `inputs` [b, ...], `labels` int32 [b], `mask` [b] (1 of an example, 0 of padding),
                `off` [b, outputs] (what is added to the logits: 0 of an active output, -1e9 of
                others; 0 without a scenario), and the columns, each [b].
            state: The strategy's arrays.
        """
        return 0.0

    def gradients(
        self, parts: Sequence[Sequence[Tensor]], variables: Sequence[Tensor], state: State
    ) -> Sequence[Tensor]:
        """Traced: the gradient that the optimiser is given.

        Args:
            parts: `parts[0]` is the gradient of the batch's loss, by variable. With `references`,
                `parts[1]` has those of their mean cross-entropies, by variable, [k, ...] for k
                references: 1 of a batch (0 throughout before there is one), else the tasks that
                are over.
            variables: The trainable variables' values.
            state: The strategy's arrays.
        """
        return parts[0]

    def after_step(
        self,
        rows: Mapping[str, Tensor],
        logits: Tensor,
        data_gradients: Sequence[Tensor],
        before: Sequence[Tensor],
        after: Sequence[Tensor],
        state: State,
    ) -> dict[str, Tensor]:
        """Traced: the arrays that a step changes.

        Args:
            rows: See `loss`.
            logits: Of the step, before the update, float32 [b, outputs].
            data_gradients: Of the batch's loss, by variable.
            before: The trainable variables before the update.
            after: The same after it.
            state: The strategy's arrays.
        """
        return {}

    def between_tasks(
        self, network: Network, done: Task, coming: Task | None, state: State
    ) -> dict[str, NDArray[Any]]:
        """The arrays that the end of a task changes; called once a task, in Python.

        Args:
            network: As it is at the task's end.
            done: The task that is over.
            coming: The one that follows; None after the last.
            state: The strategy's arrays, as NumPy.
        """
        return {}

    def figures(self, weights: Sequence[NDArray[np.float32]], state: State) -> dict[str, float]:
        """What the history says of it at the end of each epoch from the second task on.

        Args:
            weights: The trainable variables' values.
            state: The strategy's arrays as they were in the epoch, as NumPy.
        """
        return {}

    def notes(self, history: Sequence[tuple[int, int, str, float]], state: State) -> list[Note]:
        """What a record says of it, looking at its whole history (see `core.record.Record`)."""
        return []

    def scores(self, features: Tensor, logits: Tensor, state: State) -> Tensor:
        """Traced, in evaluation: what the predicted class has most of, float32 [b, outputs].

        Args:
            features: Inputs of the last layer, float32 [b, d].
            logits: float32 [b, outputs].
            state: The strategy's arrays.
        """
        return logits

    def overrides(self, method: str) -> bool:
        """Whether a method is this rule's own: what is neutral costs nothing."""
        return getattr(type(self), method) is not getattr(Strategy, method)

    @property
    def needs_tasks(self) -> bool:
        """Whether it does something between tasks, and so is nothing without them."""
        return self.overrides("between_tasks")
