"""Distillation: the network as it was at the end of the last task teaches on inputs of the next.

The teacher's outputs on fixed inputs are an array, made when a task begins in evaluation mode: the
compiled step holds one network.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from core.checks import FROM_0, POSITIVE, Checked
from core.schedule.orders import Schedule
from core.schedule.replay import Origin
from core.strategies import traced
from core.strategies.base import (
    Network,
    Sizes,
    State,
    Strategy,
    Task,
    Tensor,
)
from data import InputError

NEVER = -1e4
"""The score of a class without exemplars."""


@dataclass(frozen=True, kw_only=True)
class LwF(Checked, Strategy):
    """Learning without forgetting (Li & Hoiem 2016, ECCV): old outputs on the new task's inputs.

    The loss is CE + strength * D, D the mean over new examples of
    CE(softmax(z' / temperature), softmax(z / temperature)), with no factor temperature^2; z' are
    the logits at the end of the last task. A softmax is over what was active then: with
    Scenario("task") of each earlier task by itself, and D is the mean over these; of classes, those
    seen by then, or all with active="all"; of a domain, all. Replayed examples have no D.

    Elsewhere: van de Ven's is this one, in task- and domain-incremental training by_task=True.
    Mammoth's alpha is the strength (.5), after a warm-up of the new outputs with the rest frozen;
    FACIL (1) has all earlier heads in one softmax; Avalanche's alpha may differ by task.

    Args:
        strength: What D counts.
        temperature: Above 0.
        by_task: Whether D counts strength * the number of earlier tasks.

    Examples:
        >>> from core import LwF, Recipe, Scenario, Tasks, spec
        >>> tasks = Tasks(groups=((0, 1, 2, 3, 4), (5, 6, 7, 8, 9)))
        >>> recipe = Recipe(dataset="digits", model=spec("mlp", widths=(20,)), epochs=2,
        ...                 order=tasks, scenario=Scenario("task"), strategy=LwF())
        >>> recipe.strategy
        LwF(strength=1.0, temperature=2.0, by_task=False)
    """

    strength: Annotated[float, FROM_0] = 1.0
    temperature: Annotated[float, POSITIVE] = 2.0
    by_task: bool = False
    fixed_inputs: ClassVar[str] = "the teacher's logits are of fixed inputs"

    def columns(
        self, schedule: Schedule, origin: Origin, rng: np.random.Generator
    ) -> dict[str, NDArray[Any]]:
        """Where an example's teacher is, and its share in the mean over new ones."""
        _, own = origin.together(schedule)
        new = np.where(origin.old, 0, 1 / own).astype(np.float32)
        return {"teacher": schedule.indices, "new": new}

    def state(self, sizes: Sizes) -> dict[str, NDArray[Any]]:
        """The teacher's logits, what each softmax is over, and what it counts."""
        return {
            "teacher": np.zeros((sizes.examples, sizes.outputs), dtype=np.float32),
            "heads": np.zeros((sizes.heads, sizes.outputs), dtype=np.float32),
            "shares": np.zeros(sizes.heads, dtype=np.float32),
        }

    def loss(self, logits: Tensor, rows: Mapping[str, Tensor], state: State) -> Tensor:
        """How far the old outputs are, over all heads."""
        teacher = traced.take(state["teacher"], rows["teacher"], axis=0)
        old, new = (
            each[:, None, :] / self.temperature + state["heads"] for each in (teacher, logits)
        )
        away = -traced.sum(traced.softmax(old) * traced.log_softmax(new), axis=-1)
        return traced.sum(rows["new"][:, None] * state["shares"] * away)

    def between_tasks(
        self, network: Network, done: Task, coming: Task | None, state: State
    ) -> dict[str, NDArray[Any]]:
        """The teacher of the task that comes."""
        if coming is None:
            return {}
        teacher = state["teacher"].copy()
        teacher[coming.places] = network.logits(coming.places)
        heads, shares = np.zeros_like(state["heads"]), np.zeros_like(state["shares"])
        count = len(network.heads)
        heads[:count] = network.heads
        shares[:count] = self.strength * (done.number + 1 if self.by_task else 1) / count
        return {"teacher": teacher, "heads": heads, "shares": shares}


@dataclass(frozen=True, kw_only=True)
class ICaRL(Checked, Strategy):
    """iCaRL (Rebuffi et al. 2017, CVPR): exemplars, old outputs, and the nearest class mean.

    In the place of the cross-entropy stands the binary cross-entropy of each active output, summed
    over outputs, mean over examples. The target is the label's; for the classes of earlier tasks,
    of every example, it is sigmoid(z' / temperature) with the logits z' at the end of the last one.

    Exemplars are those of the replay buffer `exemplars`, by herding at each task's end, joined to
    the task's examples by `mode="join"` (`pool` repeats them). An example is classified by the
    nearest mean of a class's exemplars: features (inputs of the last layer) of length 1, the mean
    again of length 1, by the network at the task's end. Within a task its classes have no exemplars
    yet, and predictions are those of the outputs.

    Elsewhere: van de Ven's is this one, with active="seen", temperature 2 and 100 exemplars a class
    from the beginning (`fixed_shares=True`); Mammoth takes the mean over outputs and adds 1e-5 of
    the squared weights; Avalanche and Mammoth also average the mirrored images.

    Args:
        temperature: Above 0.

    Examples:
        >>> from core import ICaRL, Recipe, Replay, Scenario, Tasks, spec
        >>> tasks = Tasks(groups=((0, 1, 2, 3, 4), (5, 6, 7, 8, 9)))
        >>> memory = Replay(buffer="exemplars", mode="join", capacity=100)
        >>> recipe = Recipe(dataset="digits", model=spec("mlp", widths=(20,)), epochs=2,
        ...                 order=tasks, replay=memory, scenario=Scenario("class"),
        ...                 strategy=ICaRL())
        >>> recipe.strategy
        ICaRL(temperature=1.0)
    """

    cross_entropy: ClassVar[bool] = False
    fixed_inputs: ClassVar[str] = LwF.fixed_inputs

    temperature: Annotated[float, POSITIVE] = 1.0

    def check(self, recipe: Any) -> None:
        """Refuse other buffers, labels that are wrong without tasks, and inputs that change."""
        replay, scenario = recipe.replay, recipe.scenario
        if replay is None or replay.buffer != "exemplars" or replay.mode not in ("join", "pool"):
            received = "without replay"
            if replay is not None:
                received = f"with the buffer {replay.buffer} and mode={replay.mode}"
            raise InputError(
                f'Received ICaRL {received}; expected replay=Replay(buffer="exemplars", '
                'mode="join", capacity=...): it classifies by the exemplars of each class.'
            )
        if scenario is None and recipe.label_noise is not None:
            raise InputError(
                "Received ICaRL with label noise and no scenario; expected a scenario, whose noise "
                "stays within tasks: a wrong label makes a class known before it is shown."
            )

    def columns(
        self, schedule: Schedule, origin: Origin, rng: np.random.Generator
    ) -> dict[str, NDArray[Any]]:
        """Where an example's teacher is."""
        return {"teacher": schedule.indices}

    def state(self, sizes: Sizes) -> dict[str, NDArray[Any]]:
        """The teacher's logits, the means, of which classes there are some, and if they are new."""
        kernel = [each for each in sizes.variables if each.ndim == 2][-1]
        return {
            "teacher": np.zeros((sizes.examples, sizes.outputs), dtype=np.float32),
            "means": np.zeros((sizes.outputs, len(kernel)), dtype=np.float32),
            "known": np.zeros(sizes.outputs, dtype=np.float32),
            "current": np.zeros((), dtype=np.float32),
        }

    def loss(self, logits: Tensor, rows: Mapping[str, Tensor], state: State) -> Tensor:
        """The binary cross-entropies."""
        teacher = traced.take(state["teacher"], rows["teacher"], axis=0)
        label = traced.one_hot(rows["labels"], logits.shape[-1])
        target = traced.where(state["known"] > 0, traced.sigmoid(teacher / self.temperature), label)
        each = traced.binary_crossentropy(target, logits, from_logits=True)
        active = traced.where(traced.equal(rows["off"], 0.0), each, 0.0)
        weight = rows["mask"] * rows.get("weight", 1.0)
        return traced.sum(weight * traced.sum(active, axis=-1)) / traced.sum(rows["mask"])

    def after_step(
        self,
        rows: Mapping[str, Tensor],
        logits: Tensor,
        data_gradients: Sequence[Tensor],
        before: Sequence[Tensor],
        after: Sequence[Tensor],
        state: State,
    ) -> dict[str, Tensor]:
        """The means are of another network from here on."""
        return {"current": traced.zeros_like(state["current"])}

    def between_tasks(
        self, network: Network, done: Task, coming: Task | None, state: State
    ) -> dict[str, NDArray[Any]]:
        """The means of the exemplars, and the teacher of the task that comes."""
        labels = network.y.numpy()[network.train[network.held]]
        features = _of_length_one(network.features(network.held))
        known = np.bincount(labels, minlength=len(state["known"])) > 0
        means = np.zeros_like(state["means"])
        for label in np.flatnonzero(known):
            means[label] = _of_length_one(features[labels == label].mean(axis=0))
        teacher = state["teacher"].copy()
        if coming is not None:
            places = np.union1d(coming.places, network.held)
            teacher[places] = network.logits(places)
        return {
            "teacher": teacher,
            "means": means,
            "known": known.astype(np.float32),
            "current": np.ones((), dtype=np.float32),
        }

    def scores(self, features: Tensor, logits: Tensor, state: State) -> Tensor:
        """How near the mean of each class is: of vectors of length 1, their product."""
        length = traced.norm(features, axis=-1, keepdims=True)
        near = traced.matmul(
            features / traced.maximum(length, 1e-12), traced.transpose(state["means"])
        )
        near = traced.where(state["known"] > 0, near, NEVER + logits)
        return traced.where(state["current"] > 0, near, logits)


def _of_length_one(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Vectors [..., d] divided by their length; 0 stays 0."""
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    found: NDArray[np.float32] = vectors / np.maximum(length, 1e-12)
    return found
