"""Domains: the same images in every task, under another arrangement of their pixels."""

from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray

from core.checks import Count, Kind, is_number
from core.random_streams import stream
from core.schedule.orders import Schedule
from core.schedule.tasks import InTasks, Tasks
from core.types import Groups, Labels
from data import InputError

HALF_TURN = 180.0
RULES = ("increasing", "equal")


def _are_angles(value: Any) -> bool:
    given = isinstance(value, tuple) and all(is_number(each, -360, 360) for each in value)
    return value is None or given or (isinstance(value, str) and value in RULES)


ANGLES = Kind(
    _are_angles, f"one of {', '.join(RULES)}, a tuple of degrees from -360 to 360, or None"
)
SEED = Kind(lambda value: type(value) is int and 0 <= value < 2**63, "a whole number from 0 up")


@dataclass(frozen=True, kw_only=True)
class Domains(InTasks):
    """Every task is all of the data, with the pixels permuted or the images rotated its own way.

    The same map of pixels is applied to training, validation and test images of a task, after all
    preprocessing, inside the compiled step (`core.examples.pixel_maps`): no image is stored twice.
    Example i under the map of task t (from 0) has the position t * n + i, n the examples of all
    files together; label noise and augmented copies are of the images, so the same in every task.
    In scenarios with outputs for each task (`task`, `class`), class c of task t is c + t * classes.

    Args:
        kind: `permuted`: each task has a random permutation of the pixels of its own (Goodfellow
            et al. 2014); channels stay together. `rotated`: each task turns the images by an angle
            of its own about their centre (Lopez-Paz & Ranzato 2017), counterclockwise, by the
            nearest pixel, what comes in is black.
        number: How many tasks there are.
        epochs_each: See `InTasks`.
        steps_each: See `InTasks`.
        shown: See `InTasks`.
        angles: Of rotated tasks. None: each uniform in [0, 180) degrees (Buzzega et al. 2020).
            `increasing`: that of task t uniform in [t, t + 1) * 180 / number (GEM).
            `equal`: t * 180 / number. Or one number of degrees for each task.
        first_plain: Whether the first task has the images as they are (Hsu et al. 2018).
        seed: What permutations and angles are drawn by: those of this run's number for all seeds;
            each run's own if None. Runs with the same seed share them.

    Examples:
        >>> from core import Domains, Recipe, Scenario, spec
        >>> recipe = Recipe(dataset="digits", model=spec("mlp", widths=(20,)), epochs=3,
        ...                 order=Domains(kind="permuted", number=3), scenario=Scenario("domain"))
        >>> recipe.order.n_tasks
        3
    """

    kind: Literal["permuted", "rotated"]
    number: Count
    angles: Annotated[Any, ANGLES] = field(default=None, metadata={"left out": None})
    first_plain: bool = field(default=False, metadata={"left out": False})
    seed: Annotated[int, SEED] | None = field(default=None, metadata={"left out": None})

    def __post_init__(self) -> None:
        """Refuse angles of what is not rotated, and too many or too few."""
        super().__post_init__()
        if self.angles is not None and self.kind == "permuted":
            raise InputError(
                f"Received angles={self.angles!r} of permuted tasks; expected them with "
                'kind="rotated".'
            )
        if isinstance(self.angles, tuple) and len(self.angles) != self.number:
            raise InputError(
                f"Received {len(self.angles)} angles for {self.number} tasks; expected one for "
                "each."
            )

    @property
    def n_tasks(self) -> int:
        """See `InTasks`."""
        return self.number

    def classes_by_task(self, classes: int) -> Groups:
        """See `InTasks`: a class of the data is another one in each task."""
        return tuple(
            tuple(range(task * classes, (task + 1) * classes)) for task in range(self.number)
        )

    def for_run(self, seed: int, classes: int) -> Tasks:
        """The same as tasks of classes of their own; see `Order.for_run`."""
        return Tasks(
            groups=self.classes_by_task(classes),
            epochs_each=self.epochs_each,
            steps_each=self.steps_each,
            shown=self.shown,
        )

    def rng(self, seed: int) -> np.random.Generator:
        """What a run draws its maps from."""
        return stream(seed if self.seed is None else self.seed, "data", 3)

    def degrees(self, rng: np.random.Generator) -> NDArray[np.float64]:
        """By how many degrees each task is rotated, float64 [tasks]."""
        part = HALF_TURN / self.number
        starts: NDArray[np.float64] = part * np.arange(self.number, dtype=np.float64)
        found = starts
        if isinstance(self.angles, tuple):
            found = np.array(self.angles, dtype=np.float64)
        elif self.angles == "increasing":
            found = starts + part * rng.random(self.number)
        elif self.angles is None:
            found = HALF_TURN * rng.random(self.number)
        if self.first_plain:
            found[0] = 0.0
        return found

    def __call__(
        self,
        labels: Labels,
        *,
        epoch: int,
        batch_size: int,
        rng: np.random.Generator,
        n_classes: int | None = None,
    ) -> Schedule:
        """Write down one epoch, of labels that are other ones in each task. See `Order`."""
        classes = (n_classes or int(labels.max()) + 1) // self.number
        order = self.for_run(0, classes)
        return order(
            labels, epoch=epoch, batch_size=batch_size, rng=rng, n_classes=classes * self.number
        )
