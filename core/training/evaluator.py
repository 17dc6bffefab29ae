"""What is looked at while a network is trained: whole sets, and a sample of the test set."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.evaluation import TASK_SETS, Evaluation, confusion_matrix, stratified
from core.training.compiled import Active, Look
from core.training.device_arrays import Examples
from core.training.ready import Ready

Place = tuple[int, int, int]
"""Where in a training: epoch, segment and step, as in `Evaluation`."""


class Evaluator:
    """The evaluations of one training.

    Args:
        ready: What the training needs.
        state: The strategy's arrays, as they are when a look is taken.

    Attributes:
        evaluations: All so far.
    """

    def __init__(self, ready: Ready, state: Mapping[str, Any]) -> None:
        self.evaluations: list[Evaluation] = []
        self._program, self._device, self._clock = ready.program, ready.device, ready.clock
        self._outputs, self._state = ready.outputs, state
        self._plan, test = ready.recipe.evaluation, ready.prepared.split.test
        self._scenario, self._prepared = ready.recipe.scenario, ready.prepared
        sets = {name: self._device.examples(name) for name in self._plan.sets}
        self._sets = {name: examples for name, examples in sets.items() if len(examples.rows)}
        classes, tasks = ready.prepared.classes[test], len(ready.prepared.groups)
        sample = stratified(test, classes, self._plan.segment_examples)
        self._sample = self._device.examples("test")._replace(rows=sample)
        few = self._plan.task_examples
        self._few = test if few is None else stratified(test, classes, few * tasks)
        self._epochs = ready.recipe.epochs

    def all_sets(self, place: Place, sample: bool = False) -> None:
        """Evaluate the whole sets, and before them the sample where it is asked for."""
        if sample:
            self.sample(place)
        for name, examples in self._sets.items():
            if name != TASK_SETS:
                self._look(name, examples, place)
            elif self._prepared.task_is_over(place[0]):
                over = place[0] == self._epochs
                self._look(name, examples if over else examples._replace(rows=self._few), place)

    def sample(self, place: Place) -> None:
        """Evaluate the sample of the test set."""
        self._look("test-sample", self._sample, place)

    def at_end(self, place: Place) -> None:
        """Evaluate the sets that are looked at once."""
        for name in self._plan.at_end:
            examples = self._device.examples(name)
            if len(examples.rows):
                self._look(name, examples, place)

    def measured_at_end(self, place: Place) -> dict[str, NDArray[Any]]:
        """What is measured of the test set once, example by example, as arrays of the record."""
        asked = {"misclassified", "predictions"} & set(self._plan.measurements)
        if not asked:
            return {}
        examples = self._device.examples("test")
        with self._clock("measure"):
            predicted = self._predict(examples, place).classes
        labels = examples.labels[examples.rows]
        rows = np.stack([examples.rows - self._device.first, labels, predicted])
        smallest = np.min_scalar_type(self._outputs - 1)
        found = {
            "misclassified": rows[:, predicted != labels].T.astype(np.int32),
            "predictions": rows[1:].astype(smallest),
        }
        return {name: found[name] for name in asked}

    def _look(self, name: str, examples: Examples, place: Place) -> None:
        with self._clock("evaluate"):
            look, labels = self._predict(examples, place), examples.labels[examples.rows]
            parts: dict[str, Any] = {name: slice(None)}
            if name == TASK_SETS:
                parts = self._prepared.by_task(examples.rows)
            for part, which in parts.items():
                confusion = confusion_matrix(labels[which], look.classes[which], self._outputs)
                found = Evaluation(part, *place, confusion, look.loss(which))
                self.evaluations.append(found)

    def _predict(self, examples: Examples, place: Place) -> Look:
        active = self._active(examples, epoch=place[0])
        return self._program.predict(examples.x, examples.y, examples.rows, self._state, active)

    def _active(self, examples: Examples, epoch: int) -> Active:
        """Which outputs may be predicted of each example, after an epoch."""
        order, masks = self._prepared.order, self._prepared.masks
        if self._scenario is None or examples.tasks is None or masks is None:
            return ()
        task = order.task(epoch)  # type: ignore[attr-defined]  # a scenario has tasks
        rows = self._scenario.rows_in_test(examples.tasks, task, self._prepared.groups)
        return masks, rows
