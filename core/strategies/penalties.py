"""Quadratic penalties: weights that mattered for earlier tasks are held near where they were.

All of them add strength * sum_i A_i (theta_i - a_i)^2 to the loss, over all trainable variables,
biases and heads included, with an importance A and an anchor a for each entry that change only
between tasks. There is no 1/2 and no constant. In the first task nothing is penalised. The
penalty enters as its gradient, so the loss that is reported is that of the data alone; its value is
the row `penalty` of the history, from the second task on. Importances are of the labels that are
trained on, wrong ones included, and of inputs without noise that is drawn anew every epoch.
"""

import math
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from core.checks import FROM_0, POSITIVE, Checked, Count, number
from core.notes import Note, note
from core.strategies.base import Network, Sizes, State, Strategy, Task, Tensor
from data import InputError

QUANTILES = (0.25, 0.5, 0.75, 0.95, 0.99, 1.0)
SMALL = 1e-3
"""A share of the loss below which a penalty is remarked on."""

Arrays = list[NDArray[np.float64]]
"""One for each trainable variable, in its shape."""


@dataclass(frozen=True, kw_only=True)
class Penalty(Checked, Strategy):
    """What quadratic penalties share.

    Args:
        strength: What the penalty is multiplied by. It has no default: good values differ by ten
            orders of magnitude between protocols, since of a network that fits its data better the
            gradients, and with them the importances, are smaller.

    Raises:
        InputError: No strength is given, with the values of published protocols.
    """

    reaches_all: ClassVar[bool] = True
    recorded: ClassVar[tuple[str, ...]] = ("penalty_quantiles",)
    published: ClassVar[str]
    separate: ClassVar[bool] = False
    """Whether each task has an anchor of its own; else that of the last one is all tasks'."""

    strength: Annotated[float, FROM_0] = math.nan

    def __post_init__(self) -> None:
        """Refuse what cannot be meant."""
        if isinstance(self.strength, float) and math.isnan(self.strength):
            raise InputError(
                f"Received {type(self).__name__} without a strength; expected strength=..., a "
                "number from 0 up, chosen by validation accuracy on seeds that are not compared. "
                f"Published for task-, domain-, class-incremental training: {self.published}."
            )
        super().__post_init__()

    @abstractmethod
    def found(self, network: Network, state: State) -> Arrays:
        """The importances that the task that is over adds."""

    @property
    def kept(self) -> float:
        """The fraction of the importances so far that is kept."""
        return 1.0

    def state(self, sizes: Sizes) -> dict[str, NDArray[Any]]:
        """The importances are 0, the anchors the first weights.

        `penalty_quantiles`, float32 [tasks, 6], are of strength times importance over all weights,
        as in force in each task.
        """
        quantiles = np.zeros((sizes.tasks, len(QUANTILES)), dtype=np.float32)
        zeros = [np.zeros_like(each) for each in sizes.variables]
        return {
            "penalty_quantiles": quantiles,
            **_numbered("importance", zeros),
            **_numbered("anchor", sizes.variables),
        }

    def gradients(
        self, parts: Sequence[Sequence[Tensor]], variables: Sequence[Tensor], state: State
    ) -> Sequence[Tensor]:
        """The data's gradient and the penalty's."""
        return [
            g + 2 * self.strength * state[f"importance {i}"] * (v - state[f"anchor {i}"])
            for i, (g, v) in enumerate(zip(parts[0], variables, strict=True))
        ]

    def between_tasks(
        self, network: Network, done: Task, coming: Task | None, state: State
    ) -> dict[str, NDArray[Any]]:
        """What is held in the task that comes, computed in float64."""
        if coming is None:
            return {}
        importance, anchor = _listed("importance", state), _listed("anchor", state)
        weights = [each.astype(np.float64) for each in network.weights]
        # Of a network that diverged there are no sound importances; its record says so.
        with np.errstate(over="ignore", invalid="ignore"):
            found = self.found(network, state)
            total = [self.kept * a + f for a, f in zip(importance, found, strict=True)]
            if self.separate:
                terms = zip(importance, anchor, found, weights, total, strict=True)
                weights = [
                    np.divide(a * at + f * v, both, out=v.copy(), where=both > 0)
                    for a, at, f, v, both in terms
                ]
            quantiles = state["penalty_quantiles"].copy()
            entries = np.concatenate([each.ravel() for each in total])
            quantiles[coming.number] = np.quantile(self.strength * entries, QUANTILES)
            return {
                "penalty_quantiles": quantiles,
                **_numbered("importance", total),
                **_numbered("anchor", weights),
            }

    def figures(self, weights: Sequence[NDArray[np.float32]], state: State) -> dict[str, float]:
        """The penalty's value."""
        held = zip(_listed("importance", state), weights, _listed("anchor", state), strict=True)
        return {
            "penalty": self.strength * sum(float((a * (v - at) ** 2).sum()) for a, v, at in held)
        }

    def notes(self, history: Sequence[tuple[int, int, str, float]], state: State) -> list[Note]:
        """A penalty that is hardly any part of the loss."""
        loss = {epoch: value for epoch, _, name, value in history if name == "loss"}
        penalty = {epoch: abs(value) for epoch, _, name, value in history if name == "penalty"}
        small = [value < SMALL * (value + loss[epoch]) for epoch, value in penalty.items()]
        largest = f"{state['penalty_quantiles'].max():.2g}" if small else ""
        return [note("small-penalty", largest=largest)] if small and all(small) else []


@dataclass(frozen=True, kw_only=True)
class L2Penalty(Penalty):
    """All weights are held alike: A = 1, a = theta*_t, the weights at the end of the last task.

    The plain comparison in Hsu et al. 2018, Re-evaluating continual learning scenarios,
    arXiv 1810.12488, whose strength is the same.

    Examples:
        >>> from core import L2Penalty, Recipe, Tasks, spec
        >>> tasks = Tasks(groups=((0, 1, 2, 3, 4), (5, 6, 7, 8, 9)))
        >>> recipe = Recipe(dataset="digits", model=spec("mlp", widths=(20,)), epochs=2,
        ...                 order=tasks, strategy=L2Penalty(strength=1))
        >>> recipe.strategy
        L2Penalty(strength=1)
    """

    published: ClassVar[str] = (
        "Split MNIST .01, .5, 100; Permuted MNIST .001, .02, 0 (Hsu et al. 2018)"
    )

    @property
    def kept(self) -> float:
        """They stay 1."""
        return 0.0

    def state(self, sizes: Sizes) -> dict[str, NDArray[Any]]:
        """One importance is enough for a variable."""
        zeros = [np.zeros(()) for _ in sizes.variables]
        return {**super().state(sizes), **_numbered("importance", zeros)}

    def found(self, network: Network, state: State) -> Arrays:
        """See `Penalty`."""
        return [np.ones(()) for _ in network.weights]


@dataclass(frozen=True, kw_only=True)
class EWC(Penalty):
    """Elastic weight consolidation (Kirkpatrick et al. 2017, PNAS 114, 3521), a term for each task.

    The penalty is strength * sum_k sum_i F_k,i (theta_i - theta*_k,i)^2 over the tasks k that are
    over, F_k the diagonal of the Fisher information at the end of task k on its training examples.
    That is one term with A = sum_k F_k and a = sum_k F_k theta*_k / A, but for a constant.

    Strengths elsewhere, as this one: Hsu's (GT-RIPL) the same; van de Ven's (continual-learning)
    lambda / 2; Mammoth's e_lambda the same, but for a factor p(y given x) in F; Avalanche's
    ewc_lambda about / batch size and FACIL's about / (2 * batch size), as they square the gradient
    of a batch.

    Args:
        strength: See `Penalty`.
        fisher: The label whose log-probability is differentiated, example by example: `exact`, the
            expectation over all labels (van de Ven); `predicted` (Hsu); `true` (Mammoth,
            Avalanche); `sampled` once from the network's outputs.

    Examples:
        >>> from core import EWC, Recipe, Tasks, spec
        >>> tasks = Tasks(groups=((0, 1, 2, 3, 4), (5, 6, 7, 8, 9)))
        >>> recipe = Recipe(dataset="digits", model=spec("mlp", widths=(20,)), epochs=2,
        ...                 order=tasks, strategy=EWC(strength=100))
        >>> recipe.strategy
        EWC(strength=100, fisher='exact')
    """

    published: ClassVar[str] = (
        "Split MNIST 100, 100, 600 (Hsu et al. 2018, fisher=predicted) or 5e4, 5e9, 5e8 (van de "
        "Ven et al. 2022, fisher=exact); Permuted MNIST 500, 150, 10 (Hsu)"
    )

    separate: ClassVar[bool] = True

    fisher: Literal["exact", "predicted", "true", "sampled"] = "exact"

    def found(self, network: Network, state: State) -> Arrays:
        """See `Penalty`."""
        return network.importance(self.fisher)


@dataclass(frozen=True, kw_only=True)
class OnlineEWC(EWC):
    """Online EWC (Schwarz et al. 2018, Progress & compress, ICML): one term for all tasks.

    At the end of task t A = gamma A + F_t and a = theta*_t; F and the strengths elsewhere are as
    in `EWC`. Also called EWC++.

    Args:
        strength: See `Penalty`.
        fisher: See `EWC`.
        gamma: What is kept of earlier tasks' importance; 1 keeps all (Hsu et al. 2018).

    Examples:
        >>> from core import OnlineEWC, Recipe, Tasks, spec
        >>> tasks = Tasks(groups=((0, 1, 2, 3, 4), (5, 6, 7, 8, 9)))
        >>> recipe = Recipe(dataset="digits", model=spec("mlp", widths=(20,)), epochs=2,
        ...                 order=tasks, strategy=OnlineEWC(strength=100))
        >>> recipe.strategy
        OnlineEWC(strength=100, fisher='exact', gamma=1.0)
    """

    published: ClassVar[str] = (
        "Split MNIST 400, 700, 100; Permuted MNIST 500, 250, 50 (Hsu et al. 2018, "
        "fisher=predicted); Rotated and Permuted MNIST in 20 tasks .7, domain-incremental "
        "(Buzzega et al. 2020, fisher=true)"
    )

    separate: ClassVar[bool] = False

    gamma: Annotated[float, number(0, 1, "a number from 0 to 1")] = 1.0

    @property
    def kept(self) -> float:
        """The gamma."""
        return self.gamma


@dataclass(frozen=True, kw_only=True)
class SI(Penalty):
    """Synaptic intelligence (Zenke, Poole & Ganguli 2017, ICML): what a weight's way was worth.

    In every step w_i <- w_i - g_i (theta_i' - theta_i), g the gradient of the data's loss alone and
    theta' the weights after the step. At the end of task t
    A <- A + w / ((theta*_t - theta*_{t-1})^2 + damping), w <- 0, a = theta*_t; theta*_0 are the
    first weights. w may be negative, and then so may A; the authors' code (pathint) cuts A at 0.

    Strengths elsewhere, as this one: Hsu's, van de Ven's and Mammoth's c the same, but van de
    Ven's, Avalanche's and Mammoth's g have the penalty in it, Mammoth cuts each entry of the
    step's gradient at 1, and Avalanche halves lambda and cuts A at .001.

    Args:
        strength: See `Penalty`; c in the paper.
        damping: Above 0; xi in the paper.

    Examples:
        >>> from core import SI, Recipe, Tasks, spec
        >>> tasks = Tasks(groups=((0, 1, 2, 3, 4), (5, 6, 7, 8, 9)))
        >>> recipe = Recipe(dataset="digits", model=spec("mlp", widths=(20,)), epochs=2,
        ...                 order=tasks, strategy=SI(strength=0.1))
        >>> recipe.strategy
        SI(strength=0.1, damping=0.1)
    """

    published: ClassVar[str] = (
        "Split MNIST 300, 3000, 600 (Hsu et al. 2018) or 10, 5e4, 5e3 (van de Ven et al. 2022); "
        "Permuted MNIST 1, 10, .3 (Hsu); each with damping .1"
    )

    damping: Annotated[float, POSITIVE] = 0.1

    def state(self, sizes: Sizes) -> dict[str, NDArray[Any]]:
        """Also the path integral w."""
        path = _numbered("path", [np.zeros_like(each) for each in sizes.variables])
        return {**super().state(sizes), **path}

    def after_step(
        self,
        rows: Mapping[str, Tensor],
        logits: Tensor,
        data_gradients: Sequence[Tensor],
        before: Sequence[Tensor],
        after: Sequence[Tensor],
        state: State,
    ) -> dict[str, Tensor]:
        """Add what the step gained."""
        steps = enumerate(zip(data_gradients, before, after, strict=True))
        return {f"path {i}": state[f"path {i}"] - g * (new - old) for i, (g, old, new) in steps}

    def found(self, network: Network, state: State) -> Arrays:
        """See `Penalty`."""
        way = zip(_listed("path", state), network.weights, _listed("anchor", state), strict=True)
        return [w / ((v - at) ** 2 + self.damping) for w, v, at in way]

    def between_tasks(
        self, network: Network, done: Task, coming: Task | None, state: State
    ) -> dict[str, NDArray[Any]]:
        """Also begin a new path."""
        path = _numbered("path", [np.zeros_like(each) for each in network.weights])
        return {**super().between_tasks(network, done, coming, state), **path}


@dataclass(frozen=True, kw_only=True)
class MAS(Penalty):
    """Memory aware synapses (Aljundi et al. 2018, ECCV): how much the outputs depend on a weight.

    At the end of task t A_i <- A_i + mean over its examples of |d ||z||^2 / d theta_i|, z the
    active logits, example by example; a = theta*_t. Labels are not used.

    Strengths elsewhere: Hsu's as this one with batch=128, where signs cancel (without, A is 2.4 to
    5.8 times as large on Split MNIST with two active outputs, by variable; four tasks, n = 1).
    Avalanche and FACIL halve what they had and what they add; FACIL's norm is not squared and its
    strength is halved.

    Args:
        strength: See `Penalty`.
        batch: Take |d mean of z^2 / d theta_i| over random batches of so many examples and their
            active outputs instead, as Hsu et al. do.

    Examples:
        >>> from core import MAS, Recipe, Tasks, spec
        >>> tasks = Tasks(groups=((0, 1, 2, 3, 4), (5, 6, 7, 8, 9)))
        >>> recipe = Recipe(dataset="digits", model=spec("mlp", widths=(20,)), epochs=2,
        ...                 order=tasks, strategy=MAS(strength=1))
        >>> recipe.strategy
        MAS(strength=1, batch=None)
    """

    published: ClassVar[str] = (
        "Split MNIST 1, 10000, 1; Permuted MNIST .01, .1, .003 (Hsu et al. 2018, batch=128)"
    )

    batch: Count | None = None

    def found(self, network: Network, state: State) -> Arrays:
        """See `Penalty`."""
        return network.importance("outputs", batch=self.batch)


def _numbered(name: str, arrays: Sequence[NDArray[Any]]) -> dict[str, NDArray[np.float32]]:
    """Arrays of a strategy's state, one for each variable."""
    return {f"{name} {i}": each.astype(np.float32) for i, each in enumerate(arrays)}


def _listed(name: str, state: State) -> Arrays:
    """The arrays that `_numbered` named."""
    count = sum(key.rpartition(" ")[0] == name for key in state)
    return [state[f"{name} {i}"].astype(np.float64) for i in range(count)]
