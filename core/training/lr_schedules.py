"""Learning-rate schedules: the one that Keras lacks, and lengths as fractions of the training."""

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
from keras import ops

from core.random_streams import stream
from core.recipe import Recipe
from core.refusals import CALLBACK_SCHEDULES
from core.spec import Spec
from core.training.preparation import Prepared
from data import InputError

LENGTHS = (
    "decay_steps",
    "boundaries",
    "first_decay_steps",
    "warmup_steps",
    "total_steps",
    "pass_steps",
)
"""The parameters of schedules that are counted in steps."""


class OneCycle(keras.optimizers.schedules.LearningRateSchedule):
    """One cycle: straight up to the largest rate, as slowly down again, then to next to nothing.

    The policy of Smith and Topin (2017, "Super-Convergence", arXiv:1708.07120), whose cycle is a
    little shorter than the training and whose last steps have a rate far below the first. Their
    momentum runs against the rate; here it stays as the optimiser has it.

    Args:
        peak_learning_rate: The largest rate.
        total_steps: Of the training; afterwards the rate stays what it was last.
        initial_fraction: First rate, as a fraction of the largest.
        final_fraction: Last rate, as a fraction of the largest.
        rise: Share of the steps that go up, above 0 and below .5; as many go down again.

    Raises:
        ValueError: A parameter that makes no cycle.
    """

    def __init__(
        self,
        peak_learning_rate: float,
        total_steps: int,
        initial_fraction: float = 0.1,
        final_fraction: float = 0.001,
        rise: float = 0.45,
    ) -> None:
        if not (peak_learning_rate > 0 and total_steps > 0 and 0 < rise < 0.5):
            raise ValueError(
                f"received peak_learning_rate={peak_learning_rate}, total_steps={total_steps}, "
                f"rise={rise}; expected the first two above 0, and a rise between 0 and .5."
            )
        if not 0 <= final_fraction <= initial_fraction <= 1:
            raise ValueError(
                f"received initial_fraction={initial_fraction}, final_fraction={final_fraction}; "
                "expected fractions of the largest rate from 0 to 1, the last no larger than the "
                "first."
            )
        super().__init__()
        self.peak_learning_rate, self.total_steps = peak_learning_rate, total_steps
        self.initial_fraction, self.final_fraction, self.rise = (
            initial_fraction,
            final_fraction,
            rise,
        )

    def __call__(self, step: Any) -> Any:
        """The rate of a step, counted from 0."""
        done = ops.minimum(ops.cast(step, "float32") / self.total_steps, 1.0)
        slope = (1 - self.initial_fraction) / self.rise
        last = (self.initial_fraction - self.final_fraction) / (1 - 2 * self.rise)
        up = self.initial_fraction + slope * done
        down = 1 - slope * (done - self.rise)
        out = self.initial_fraction - last * (done - 2 * self.rise)
        cycle = ops.where(done < self.rise, up, ops.where(done < 2 * self.rise, down, out))
        return self.peak_learning_rate * cycle

    def get_config(self) -> dict[str, Any]:
        """The parameters, as Keras saves them."""
        names = ("peak_learning_rate", "total_steps", "initial_fraction", "final_fraction", "rise")
        return {name: getattr(self, name) for name in names}


class WarmRestarts(keras.optimizers.schedules.LearningRateSchedule):
    """A cosine that starts anew, each time for twice as many passes, with one rate in each pass.

    Warm restarts (Loshchilov & Hutter 2017) as GDumb has them (Prabhu et al. 2020): in pass e,
    counted from 0, a tenth of the largest rate if e is 0, and otherwise, with c the largest power
    of 2 up to e, smallest + (largest - smallest) * (1 + cos(pi * (e - c) / c)) / 2.

    Args:
        largest_learning_rate: At every start.
        smallest_learning_rate: What the cosine goes to.
        pass_steps: Steps of one pass.
    """

    def __init__(
        self, largest_learning_rate: float, smallest_learning_rate: float, pass_steps: int
    ) -> None:
        if pass_steps <= 0:
            raise ValueError(f"received pass_steps={pass_steps}; expected 1 or more.")
        super().__init__()
        self.largest_learning_rate = largest_learning_rate
        self.smallest_learning_rate = smallest_learning_rate
        self.pass_steps = pass_steps

    def __call__(self, step: Any) -> Any:
        """The rate of a step, counted from 0."""
        now = ops.cast(ops.cast(step, "int32") // self.pass_steps, "float32")
        powers = ops.convert_to_tensor([2.0**i for i in range(31)])
        start = ops.max(ops.where(powers <= now, powers, 1.0))
        half = (self.largest_learning_rate - self.smallest_learning_rate) / 2
        cosine = half * (1 + ops.cos(np.pi * (now - start) / start))
        rate = self.smallest_learning_rate + cosine
        return ops.where(now < 1, 0.1 * self.largest_learning_rate, rate)

    def get_config(self) -> dict[str, Any]:
        """The parameters, as Keras saves them."""
        names = ("largest_learning_rate", "smallest_learning_rate", "pass_steps")
        return {name: getattr(self, name) for name in names}


def in_steps(recipe: Recipe, prepared: Prepared, seed: int, classes: int) -> Spec | None:
    """A recipe's schedule with its lengths in steps.

    A length (`LENGTHS`) may be written as a fraction from above 0 to 1.0: the fraction of all steps
    that the recipe's epochs have. So a schedule keeps its shape with other data, epochs or batches.
    `classes` are those of the data.

    Raises:
        InputError: Shares of a training with replay, whose steps are not known beforehand, or
            whose tasks each begin the schedule anew.
    """
    schedule = recipe.lr_schedule
    if schedule is None or schedule.name in CALLBACK_SCHEDULES:
        return schedule
    lengths = {name: value for name, value in schedule.parameters.items() if name in LENGTHS}
    if not any(map(_has_share, lengths.values())):
        return schedule
    if recipe.replay is not None:
        raise InputError(
            f"Received the schedule {schedule.name} with lengths as fractions of the training, and "
            "replay; expected whole numbers of steps: replay decides how many there are."
        )
    if recipe.reset_optimiser:
        raise InputError(
            f"Received the schedule {schedule.name} with lengths as fractions of the training, and "
            "reset_optimiser; expected whole numbers of steps: each task begins at the first."
        )
    steps = _steps(recipe, prepared, seed, recipe.classes(classes))
    counted = {name: _counted(value, steps) for name, value in lengths.items()}
    return Spec(schedule.name, {**schedule.parameters, **counted})


def _steps(recipe: Recipe, prepared: Prepared, seed: int, classes: int) -> int:
    """How many steps all epochs of a recipe have."""
    labels: np.ndarray[Any, Any] = prepared.classes[prepared.split.train]
    each = (
        prepared.order(
            labels,
            epoch=epoch,
            batch_size=recipe.batch_size,
            rng=stream(seed, "order", epoch),
            n_classes=classes,
        )
        for epoch in range(1, recipe.epochs + 1)
    )
    return sum(len(schedule.batch_sizes) for schedule in each)


def _has_share(value: Any) -> bool:
    if isinstance(value, tuple | list):
        return any(map(_has_share, value))
    return isinstance(value, float) and 0 < value <= 1


def _counted(value: Any, steps: int) -> Any:
    if isinstance(value, tuple | list):
        return tuple(_counted(each, steps) for each in value)
    return max(1, round(value * steps)) if _has_share(value) else value


OWN: Mapping[str, type] = {"OneCycle": OneCycle, "WarmRestarts": WarmRestarts}
"""Schedules that are not Keras' own, by name."""
