"""What a training needs, in place before its first epoch."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from core.recipe import Recipe
from core.training.compiled import Program
from core.training.device_arrays import Device
from core.training.preparation import Prepared
from core.training.probes import Measured


class Clock:
    """Wall seconds by phase."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def __call__(self, phase: str) -> Iterator[None]:
        """Time what happens meanwhile."""
        start = time.perf_counter()
        yield
        self.add({phase: time.perf_counter() - start})

    def add(self, seconds: dict[str, float]) -> None:
        """Count seconds that were measured before."""
        for phase, more in seconds.items():
            self.seconds[phase] = self.seconds.get(phase, 0.0) + more


@dataclass(frozen=True)
class Ready:
    """Everything that a training needs, in place.

    Attributes:
        recipe: What to do.
        seed: The run's number.
        classes: Of the order, see `Recipe.classes`.
        outputs: Of the network.
        program: Holds the fresh network.
        device: Holds the run's arrays.
        prepared: Its split, labels and order.
        measured: What is looked at inside the network.
        clock: Takes the time.
        fresh_optimiser: Makes another one of the program's kind.
    """

    recipe: Recipe
    seed: int
    classes: int
    outputs: int
    program: Program
    device: Device
    prepared: Prepared
    measured: Measured
    clock: Clock
    fresh_optimiser: Callable[[], Any]
