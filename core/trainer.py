"""The trainer: one recipe, one seed, one record."""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from core import program as compiled
from core.environment import environment
from core.evaluation import Evaluation, confusion_matrix
from core.models import builder
from core.preprocessing import preprocess
from core.program import Batches, Program
from core.recipe import CALLBACK_SCHEDULES, Recipe
from core.record import Record, Status
from core.seeds import integer, stream
from core.split import Split
from data import Dataset, InputError

Progress = Callable[[int], None]
"""Called with the number of epochs done."""


class Arrays(NamedTuple):
    """A data set on the device: inputs float32 [n, ...] and labels int32 [n] of both files."""

    x: tf.Tensor
    y: tf.Tensor
    labels: NDArray[np.int64]


class Trainer:
    """Trains networks one after the other, compiling each kind of network once.

    It keeps compiled programs and the arrays of the last data set; nothing of a run's result
    depends on what it trained before.

    Example:
        >>> from core import Recipe, Trainer, named
        >>> from data import load
        >>> recipe = Recipe(dataset="digits", model=named("mlp", widths=(50,)), epochs=2)
        >>> record = Trainer().train(recipe, seed=0, dataset=load("digits"))
        >>> record.status
        'finished'
    """

    def __init__(self) -> None:
        self._programs: dict[str, Program] = {}
        self._arrays: tuple[Any, Arrays] | None = None

    def train(
        self,
        recipe: Recipe,
        seed: int,
        dataset: Dataset,
        *,
        callbacks: Sequence[keras.callbacks.Callback] = (),
        progress: Progress | None = None,
        study: str = "",
        variant: str = "full",
        condition: str = "",
    ) -> Record:
        """Train one network.

        Args:
            recipe: What to do.
            seed: The run's number, 0 or larger.
            dataset: The data that `recipe.dataset` names.
            callbacks: Keras callbacks that observe, called at the ends of epochs. One that
                changes the weights, the learning rate or stops the training is found out and
                named in the record's remarks.
            progress: Called after every epoch.
            study: For the record.
            variant: For the record.
            condition: For the record.

        Returns:
            The record; `diverged` where the loss stopped being finite.

        Raises:
            InputError: The recipe does not fit the data, or names what Keras does not have.
        """
        clock = _Clock()
        with clock("prepare"):
            split = recipe.split(dataset.y_train, dataset.y_test, stream(seed, "data"))
            arrays = self._on_device(recipe, dataset, split)
        with clock("build"):
            program = self._program(recipe, seed, dataset)
        run = _Run(recipe, seed, program, arrays, split, dataset.classes, clock)
        status = run.all_epochs(callbacks, progress)
        return Record(
            key=recipe.key(seed, dataset.checksum),
            study=study,
            variant=variant,
            condition=condition,
            seed=seed,
            recipe=recipe.to_json(),
            data=dataset.checksum,
            environment=environment(),
            status=status,
            seconds=clock.seconds,
            remarks=(f"compiled: {program.compiler}", *run.remarks),
            history=tuple(run.history),
            evaluations=tuple(run.evaluations),
            arrays=run.arrays(),
            repeatable=run.repeatable,
        )

    def _on_device(self, recipe: Recipe, dataset: Dataset, split: Split) -> Arrays:
        """The preprocessed data, kept for the next run that wants the same."""
        wanted = (dataset.checksum, recipe.preprocessing, split.train.tobytes())
        if self._arrays is None or self._arrays[0] != wanted:
            labels = np.concatenate([dataset.y_train, dataset.y_test])
            x = preprocess(dataset, recipe.preprocessing, split.train)
            arrays = Arrays(tf.constant(x), tf.constant(labels.astype(np.int32)), labels)
            self._arrays = (wanted, arrays)
        return self._arrays[1]

    def _program(self, recipe: Recipe, seed: int, dataset: Dataset) -> Program:
        """A compiled program that holds this run's fresh variables."""
        model = fresh_model(recipe, seed, dataset)
        optimiser = compiled.make_optimiser(recipe.optimiser, recipe.schedule)
        compiler = compiled.chosen_compiler(model, recipe.compiler)
        text = recipe.to_json()
        kind = json.dumps(
            [text.get(part) for part in ("model", "optimiser", "schedule", "loss")]
            + [compiler, dataset.x_train.shape[1:], dataset.classes]
        )
        if kind not in self._programs:
            parts = (model, compiled.make_optimiser(recipe.optimiser, recipe.schedule))
            self._programs[kind] = Program(*parts, recipe.loss, dataset.classes, compiler)
        self._programs[kind].load(model, optimiser)
        return self._programs[kind]


def fresh_model(recipe: Recipe, seed: int, dataset: Dataset) -> keras.Model:
    """The recipe's network with the weights that a seed gives it."""
    # Names count up within a process; a cleared session starts them from the beginning, so the
    # same recipe always builds a model with the same JSON.
    keras.utils.clear_session(free_memory=False)
    # Stock initialisers draw from Keras' global generator: the one permitted use of a global.
    keras.utils.set_random_seed(integer(seed, "weights"))
    build = builder(recipe.model.name)
    shape = dataset.x_train.shape[1:]
    try:
        model = build(shape, dataset.classes, **recipe.model.parameters)
        output = model(np.zeros((1, *shape), dtype=np.float32), training=False).shape
    except (TypeError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise InputError(
            f"Received model {recipe.model.name} with {json.dumps(dict(recipe.model.parameters))} "
            f"for inputs of shape {shape}; {reason}"
        ) from error
    if tuple(output) != (1, dataset.classes):
        raise InputError(
            f"Received model {recipe.model.name}, whose output for one example has the shape "
            f"{tuple(output)}; expected (1, {dataset.classes}): one output for each class of "
            f"{dataset.name}."
        )
    for i, (name, state) in enumerate(compiled.seed_generators(compiled.leaf_layers(model))):
        state.assign([integer(seed, name, i), 0])
    return model


class _Clock:
    """Wall seconds by phase."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def __call__(self, phase: str) -> Iterator[None]:
        start = time.perf_counter()
        yield
        self.seconds[phase] = self.seconds.get(phase, 0.0) + time.perf_counter() - start


class _Run:
    """One training while it happens."""

    def __init__(
        self,
        recipe: Recipe,
        seed: int,
        program: Program,
        arrays: Arrays,
        split: Split,
        classes: int,
        clock: _Clock,
    ) -> None:
        self.recipe, self.seed, self.program, self.data = recipe, seed, program, arrays
        self.split, self.classes, self.clock = split, classes, clock
        self.sets = recipe.evaluation.whole_sets(split)
        self.sample = recipe.evaluation.sample(split, arrays.labels)
        self.step = 0
        self.repeatable = True
        self.remarks: list[str] = []
        self.history: list[tuple[int, int, str, float]] = []
        self.evaluations: list[Evaluation] = []
        self.class_segments: list[NDArray[np.int32]] = []

    def all_epochs(
        self, callbacks: Sequence[keras.callbacks.Callback], progress: Progress | None
    ) -> Status:
        """Train, evaluate, and call the callbacks as `fit` does, but for batches."""
        model = self.program.model
        own = keras.callbacks.CallbackList(_recipe_callbacks(self.recipe), model=model)
        free = keras.callbacks.CallbackList(list(callbacks), model=model)
        for each in (own, free):
            each.set_params({"epochs": self.recipe.epochs, "verbose": 0, "steps": None})
        own.on_train_begin()
        with self.watching(free):
            free.on_train_begin()
        self.evaluate(epoch=0, segment=0, sample=self.recipe.evaluation.segments)
        status: Status = "finished"
        for epoch in range(1, self.recipe.epochs + 1):
            own.on_epoch_begin(epoch - 1)
            with self.watching(free):
                free.on_epoch_begin(epoch - 1)
            logs = self.one_epoch(epoch)
            evaluated = model.get_weights()
            if not np.isfinite(logs["loss"]):
                status = "diverged"
                break
            own.on_epoch_end(epoch - 1, dict(logs))
            with self.watching(free):
                free.on_epoch_end(epoch - 1, dict(logs))
            if progress is not None:
                progress(epoch)
            if model.stop_training:
                break
        if status == "finished":
            own.on_train_end()
            self.program.optimiser.finalize_variable_values(model.trainable_variables)
        with self.watching(free):
            free.on_train_end()
        if not _equal(evaluated, model.get_weights()):
            self.remarks.append("evaluated once more after the weights were restored")
            self.evaluate(epoch, self.evaluations[-1].segment, self.recipe.evaluation.segments)
        return status

    def one_epoch(self, epoch: int) -> dict[str, float]:
        """Train one epoch; what Keras' `fit` would report of it."""
        schedule = self.recipe.order(
            self.data.labels[self.split.train],
            epoch=epoch,
            batch_size=self.recipe.batch_size,
            rng=stream(self.seed, "order", epoch),
        )
        batches = Batches(schedule, self.split.train, self.recipe.batch_size)
        plan = self.recipe.evaluation
        ends = schedule.segment_ends if plan.segments else schedule.segment_ends[-1:]
        if plan.segments:
            self.class_segments.append(schedule.class_segments)
        total, correct, start = 0.0, 0.0, 0
        for segment, end in enumerate(ends.tolist(), 1):
            with self.clock("train"):
                sums = self.program.train(self.data.x, self.data.y, batches, start, end)
            total, correct = total + sums[0], correct + sums[1]
            self.step, start = self.step + end - start, end
            if plan.segments:
                self.look("test-sample", self.sample, epoch, segment)
        self.evaluate(epoch, len(ends))
        examples = len(schedule.indices)
        logs = {"loss": total / examples, "accuracy": correct / examples}
        rate = float(self.program.optimiser.learning_rate)
        for name, value in {**logs, "learning_rate": rate}.items():
            self.history.append((epoch, self.step, name, value))
        for evaluation in self.evaluations[-len(self.sets) :] if self.sets else []:
            prefix = {"validation": "val"}.get(evaluation.set, evaluation.set)
            confusion = evaluation.confusion
            logs[f"{prefix}_loss"] = evaluation.loss
            logs[f"{prefix}_accuracy"] = float(np.trace(confusion) / confusion.sum())
        return logs

    def evaluate(self, epoch: int, segment: int, sample: bool = False) -> None:
        """Evaluate the whole sets, and before them the sample where it is asked for."""
        if sample:
            self.look("test-sample", self.sample, epoch, segment)
        for name, examples in self.sets.items():
            self.look(name, examples, epoch, segment)

    def look(self, name: str, examples: NDArray[np.int32], epoch: int, segment: int) -> None:
        with self.clock("evaluate"):
            predicted, loss = self.program.predict(self.data.x, self.data.y, examples)
            confusion = confusion_matrix(self.data.labels[examples], predicted, self.classes)
        self.evaluations.append(Evaluation(name, epoch, segment, self.step, confusion, loss))

    @contextmanager
    def watching(self, callbacks: keras.callbacks.CallbackList) -> Iterator[None]:
        """Notice when a callback that may only observe does more."""
        model = self.program.model

        def state() -> list[NDArray[Any]]:
            rate = np.array([float(model.optimizer.learning_rate), model.stop_training])
            return [rate, *model.get_weights()]

        before = state() if callbacks.callbacks else []
        yield
        if self.repeatable and callbacks.callbacks and not _equal(before, state()):
            names = ", ".join(type(callback).__name__ for callback in callbacks.callbacks)
            self.remarks.append(f"changed by a callback ({names}): not the recipe's result")
            self.repeatable = False

    def arrays(self) -> dict[str, NDArray[Any]]:
        """The record's named arrays."""
        return {"class_segments": np.array(self.class_segments)} if self.class_segments else {}


def _equal(a: Sequence[NDArray[Any]], b: Sequence[NDArray[Any]]) -> bool:
    return all(np.array_equal(v, w, equal_nan=True) for v, w in zip(a, b, strict=True))


def _recipe_callbacks(recipe: Recipe) -> list[keras.callbacks.Callback]:
    """The callbacks that a recipe's own fields stand for."""
    wanted = [recipe.early_stopping]
    if recipe.schedule is not None and recipe.schedule.name in CALLBACK_SCHEDULES:
        wanted.append(recipe.schedule)
    kind = keras.callbacks.Callback
    return [compiled.make(what, keras.callbacks, kind) for what in wanted if what is not None]
