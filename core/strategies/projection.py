"""Projected gradients: a step that would raise the loss on what is remembered is turned aside.

The projection is of the whole gradient, over all trainable variables together, before the
optimiser has it: with momentum or Adam the step's direction is another, so the authors use SGD. The
gradients of what is remembered are of the mean cross-entropy, without the network's own penalties.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from core.checks import Checked, number
from core.strategies import traced
from core.strategies.base import State, Strategy, Tensor
from data import InputError

RIDGE = 1e-3
"""Added to the diagonal of GEM's quadratic program, as in its authors' code."""
MARGIN = number(0, 1e6, "a number from 0 to 1,000,000")


@dataclass(frozen=True, kw_only=True)
class AGEM(Checked, Strategy):
    """Averaged GEM (Chaudhry et al. 2019, Efficient lifelong learning with A-GEM, ICLR).

    With the gradient g of a batch and r of a batch from the memory of earlier tasks: where
    g r < 0, g <- g - (g r / r r) r. Nothing is replayed: r's examples are no part of the loss.

    The memory is the replay buffer: `Replay(buffer="task-balanced", fixed_shares=True, mode="add",
    capacity=...)` keeps capacity // tasks random examples of each task from its end on, and
    `fraction` says how large the batch for r is (the authors' 256 beside 10 new ones is 256 / 266).
    Avalanche draws that batch evenly over tasks, van de Ven adds 1e-7 to r r. Mammoth's memory was
    this one in 2020; since January 2022 it adds one training batch of each task (capacity=tasks *
    batch size, while the buffer has room for that).

    Examples:
        >>> from core import AGEM, Recipe, Replay, Tasks, spec
        >>> tasks = Tasks(groups=((0, 1, 2, 3, 4), (5, 6, 7, 8, 9)))
        >>> memory = Replay(buffer="task-balanced", fixed_shares=True, mode="add", capacity=100)
        >>> recipe = Recipe(dataset="digits", model=spec("mlp", widths=(20,)), epochs=2,
        ...                 order=tasks, replay=memory, strategy=AGEM())
        >>> recipe.replay.fraction
        0.5
    """

    references: ClassVar[Literal["", "batch", "tasks"]] = "batch"
    fixed_inputs: ClassVar[str] = "the memory has none"

    def check(self, recipe: Any) -> None:
        """Refuse a recipe without a memory of tasks that are over, or without batches of it."""
        _refuse_other_memories(self, recipe)
        if recipe.replay.mode != "add" or recipe.replay.fraction == 0:
            raise InputError(
                f"Received AGEM with replay mode={recipe.replay.mode} and fraction="
                f'{recipe.replay.fraction}; expected mode="add" and a fraction above 0: the '
                "reference batch comes beside the new examples."
            )

    def gradients(
        self, parts: Sequence[Sequence[Tensor]], variables: Sequence[Tensor], state: State
    ) -> Sequence[Tensor]:
        """The gradient without what raises the reference's loss."""
        g, r = parts[0], [each[0] for each in parts[1]]
        along = sum(traced.sum(a * b) for a, b in zip(g, r, strict=True))
        square = sum(traced.sum(b * b) for b in r)
        back = traced.minimum(along, 0.0) / traced.where(square > 0, square, 1.0)
        return [a - back * b for a, b in zip(g, r, strict=True)]


@dataclass(frozen=True, kw_only=True)
class GEM(Checked, Strategy):
    """Gradient episodic memory (Lopez-Paz & Ranzato 2017, NIPS).

    In each step the gradients r_k of the whole memory of each earlier task, the rows of R. Where
    g r_k < 0 for some k, g <- g + R' v with the v >= margin that has the least
    v' (R R' + .001 I) v / 2 + (R g)' v. The authors' code has the margin ("memory_strength") as
    here, their paper adds it to v afterwards (gamma).

    The memory is the replay buffer, `task-balanced`. With `fixed_shares=True, mode="add",
    fraction=0` it is only a reference, as the authors' (who keep the last examples of each task, of
    a shuffled one as good as random ones); with `mode="pool"` it is trained on too (Hsu et al.
    2018, who keep capacity // tasks so far of each). The program is solved on the host in every
    step that has a memory, so the training is in graph mode.

    Args:
        margin: The least that each earlier task counts in a step that is turned aside.

    Examples:
        >>> from core import GEM, Recipe, Replay, Tasks, spec
        >>> tasks = Tasks(groups=((0, 1, 2, 3, 4), (5, 6, 7, 8, 9)))
        >>> memory = Replay(buffer="task-balanced", fixed_shares=True, mode="add", fraction=0,
        ...                 capacity=100)
        >>> recipe = Recipe(dataset="digits", model=spec("mlp", widths=(20,)), epochs=2,
        ...                 order=tasks, replay=memory, strategy=GEM())
        >>> recipe.strategy
        GEM(margin=0.5)
    """

    compiler: ClassVar[Literal["auto", "xla", "graph"]] = "graph"
    references: ClassVar[Literal["", "batch", "tasks"]] = "tasks"
    fixed_inputs: ClassVar[str] = "the memory has none"

    margin: Annotated[float, MARGIN] = 0.5

    def check(self, recipe: Any) -> None:
        """Refuse a recipe without a memory of tasks that are over, or compiled by XLA."""
        _refuse_other_memories(self, recipe)
        replay = recipe.replay
        if replay.mode != "pool" and (replay.mode, replay.fraction) != ("add", 0):
            raise InputError(
                f"Received GEM with replay mode={replay.mode} and fraction={replay.fraction}; "
                'expected mode="add" with fraction=0, where the memory is only a reference, or '
                'mode="pool", where it is trained on too (Hsu et al. 2018).'
            )
        if recipe.compiler == "xla":
            raise InputError(
                "Received GEM with compiler=xla; expected auto or graph: its quadratic program is "
                "solved outside of the compiled step."
            )

    def gradients(
        self, parts: Sequence[Sequence[Tensor]], variables: Sequence[Tensor], state: State
    ) -> Sequence[Tensor]:
        """The gradient with what the earlier tasks add."""
        products, slopes = 0.0, 0.0
        flat = [
            (traced.reshape(a, (-1, 1)), traced.reshape(b, (-1, int(np.prod(a.shape)))))
            for a, b in zip(*parts, strict=True)
        ]
        for g, r in flat:
            r64 = traced.cast(r, "float64")
            products += traced.matmul(r64, traced.transpose(r64))
            slopes += traced.matmul(r64, traced.cast(g, "float64"))[:, 0]
        v = traced.on_host(self._shares, [products, slopes], "float32")
        return [
            a + traced.reshape(traced.matmul(v[None, :], r), a.shape)
            for a, (_, r) in zip(parts[0], flat, strict=True)
        ]

    def _shares(
        self, products: NDArray[np.float64], slopes: NDArray[np.float64]
    ) -> NDArray[np.float32]:
        """What each earlier task counts, float32 [k]; nothing where no loss would rise."""
        if not (slopes < 0).any() or not np.isfinite(products).all():
            return np.zeros(len(slopes), dtype=np.float32)
        return least(products + RIDGE * np.eye(len(slopes)), slopes, self.margin).astype(np.float32)


def least(
    matrix: NDArray[np.float64], slopes: NDArray[np.float64], margin: float
) -> NDArray[np.float64]:
    """The v >= margin that has the least v' matrix v / 2 + slopes' v.

    With matrix = L L' and u = v - margin that is the u >= 0 with the least |L' u - b|, for
    b = -L^-1 (matrix margin + slopes).

    Args:
        matrix: Positive definite, float64 [k, k].
        slopes: float64 [k].
        margin: Of each entry.

    Returns:
        float64 [k].
    """
    from scipy.optimize import nnls  # noqa: PLC0415  # recipes are read without SciPy

    lower = np.linalg.cholesky(matrix)
    there = margin * matrix.sum(axis=1) + slopes
    found, _ = nnls(lower.T, -np.linalg.solve(lower, there))
    v: NDArray[np.float64] = found + margin
    return v


def _refuse_other_memories(strategy: Strategy, recipe: Any) -> None:
    """A memory is of tasks that are over, and what is remembered has no noise of a step's own."""
    name, replay = type(strategy).__name__, recipe.replay
    if replay is None or replay.buffer != "task-balanced" or replay.weights != "equal":
        received = "without replay"
        if replay is not None:
            received = f"with the buffer {replay.buffer} and weights={replay.weights}"
        raise InputError(
            f'Received {name} {received}; expected replay=Replay(buffer="task-balanced", '
            "capacity=...): its memory is of tasks that are over."
        )
