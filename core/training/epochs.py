"""One training while it happens: its epochs, and what happens at boundaries."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from core.notes import Note, note
from core.random_streams import stream
from core.record import Status, outcome
from core.results import HistoryRow, read_results, write_results
from core.schedule.buffer_state import BufferState
from core.schedule.orders import NO_TASK, Schedule, segments
from core.schedule.replay import Origin
from core.schedule.tasks import InTasks
from core.strategies.base import Network, Sizes, Strategy, Task
from core.training import checkpoints
from core.training.batches import Batches
from core.training.callbacks import Observers, callback_list, equal, never_called, recipe_callbacks
from core.training.checkpoints import Checkpoint, remembered, remind
from core.training.evaluator import Evaluator, Place
from core.training.mapped import gathered
from core.training.optimisers import TorchAdam
from core.training.ready import Ready
from core.types import Indices

Progress = Callable[[int], None]
"""Called with the number of epochs done."""


class Training:
    """The epochs of one run.

    Args:
        ready: What it needs.
        file: Where a long run keeps its checkpoint; nowhere if None.
        owner: Whose run it is, as the checkpoint says it.

    Attributes:
        history, evaluations, notes: As in `core.record.Record`.
        repeatable: False where a callback changed the training.
    """

    def __init__(
        self, ready: Ready, file: Path | None = None, owner: Mapping[str, Any] | None = None
    ) -> None:
        self._file, self._owner = file, owner or {}
        self.recipe, self.seed, self.prepared = ready.recipe, ready.seed, ready.prepared
        self.program, self.device, self.clock = ready.program, ready.device, ready.clock
        self._classes, self._outputs = ready.classes, ready.outputs
        self._measured = ready.measured
        self._train = self.prepared.split.train
        labels, wrong = self.prepared.training_labels, self.prepared.changed
        self._strategy = self.recipe.rule
        self._draws = self._strategy.draws if self._strategy else 1
        self.buffer = self.recipe.replay and BufferState(
            self.recipe.replay,
            self.recipe.batch_size,
            self._outputs,
            labels[self._train],
            wrong[self._train],
            self._draws,
        )
        self._state: dict[str, tf.Tensor] = {}
        self._strategy_figures: dict[str, float] = {}
        self._evaluator = Evaluator(ready, self._state)
        if self._strategy is not None:
            self._take(self._strategy.state(self._sizes()))
        self._fresh_optimiser = ready.fresh_optimiser
        # One epoch is written down ahead where a strategy asks what is coming.
        self._schedule = lru_cache(maxsize=2)(self._written_down)
        self._epoch = self._step = self._segment = 0
        self.repeatable = True
        self.notes: list[Note] = []
        self.history: list[HistoryRow] = []
        self.evaluations = self._evaluator.evaluations
        self._segment_of_class: list[NDArray[np.int32]] = []
        self._at_end: dict[str, NDArray[Any]] = {}
        self._cached_arrays: dict[str, NDArray[Any]] | None = None

    # What is trained, and when.

    def all_epochs(
        self,
        callbacks: Sequence[keras.callbacks.Callback] = (),
        progress: Progress | None = None,
        checkpoint: Checkpoint | None = None,
    ) -> Status:
        """Train, evaluate, and call the callbacks as `fit` does, but for batches."""
        model, epochs = self.program.model, self.recipe.epochs
        own = callback_list(recipe_callbacks(self.recipe, self.seed), model, epochs)
        self.notes += never_called([*own.callbacks, *callbacks])
        observers = Observers(callbacks, model, epochs, self.notes)
        own.on_train_begin()
        with observers.watched() as observing:
            observing.on_train_begin()
        first = self._begin(own, progress, checkpoint)
        status: Status = "finished"
        for epoch in range(first, epochs + 1):
            own.on_epoch_begin(epoch - 1)
            with observers.watched() as observing:
                observing.on_epoch_begin(epoch - 1)
            self._epoch = epoch
            logs = self._one_epoch(epoch)
            evaluated = model.get_weights()
            if not np.isfinite(logs["loss"]):
                status = "diverged"
                break
            own.on_epoch_end(epoch - 1, dict(logs))
            with observers.watched() as observing:
                observing.on_epoch_end(epoch - 1, dict(logs))
            if progress is not None:
                progress(epoch)
            if model.stop_training:
                break
            self._save_checkpoint(epoch, own)
        if status == "finished":
            # In `fit`'s order: averaged weights are put in place before the best are restored.
            self.program.optimiser.finalize_variable_values(model.trainable_variables)
            own.on_train_end()
        with observers.watched() as observing:
            observing.on_train_end()
        self.repeatable = not observers.changed
        if not equal(evaluated, model.get_weights()):
            self.notes.append(note("restored"))
            self._evaluator.all_sets(self._place(), sample=self.recipe.evaluation.segments)
        status = outcome(status, self.evaluations)
        if status == "finished" and not all(np.isfinite(w).all() for w in model.get_weights()):
            status = "diverged"
        self._at_end = self._evaluator.measured_at_end(self._place())
        if self._strategy is not None:
            self.notes += self._strategy.notes(self.history, self._state_arrays())
        return status

    def _begin(
        self,
        own: keras.callbacks.CallbackList,
        progress: Progress | None,
        checkpoint: Checkpoint | None,
    ) -> int:
        """Look at the untrained network, or restore a checkpoint; the first epoch to train."""
        if checkpoint is None:
            self._evaluator.all_sets(self._place(), sample=self.recipe.evaluation.segments)
            self._measure()
            return 1
        done = self._restore(checkpoint, own)
        if progress is not None:
            progress(done)
        return done + 1

    def _one_epoch(self, epoch: int) -> dict[str, float]:
        """Train one epoch; what Keras' `fit` would report of it."""
        plan = self.recipe.evaluation
        schedule = self._schedule(epoch)
        if plan.segments:
            self._segment_of_class.append(schedule.segment_of_class)
        noise = stream(self.seed, "corruption", 3, epoch)
        crops = stream(self.seed, "augmentation", 1, epoch)
        total, correct, examples, segment = 0.0, 0.0, 0, 0
        for part, columns, references in self._parts(schedule, epoch):
            batches = self._batches(part, columns, noise, crops, references)
            ends = part.segment_ends if plan.segments else part.segment_ends[-1:]
            start = 0
            for end in ends.tolist():
                with self.clock("train"):
                    sums = self.program.train(
                        self.device.x, self.device.y, batches, start, end, self._state
                    )
                total, correct = total + sums[0], correct + sums[1]
                self._step, start, segment = self._step + end - start, end, segment + 1
                if plan.segments:
                    self._evaluator.sample(self._place(segment))
            examples += len(part.indices)
        self._segment = segment if plan.segments else 1
        evaluated = len(self.evaluations)
        self._evaluator.all_sets(self._place())
        self._measure()
        logs = {"loss": total / examples, "accuracy": correct / examples}
        rate = float(self.program.optimiser.learning_rate)
        also = (self.buffer.figures() if self.buffer else {}) | self._strategy_figures
        for name, value in {**logs, "learning_rate": rate, **also}.items():
            self.history.append((epoch, self._step, name, value))
        for evaluation in self.evaluations[evaluated:]:
            prefix = {"validation": "val"}.get(evaluation.set, evaluation.set)
            confusion = evaluation.confusion
            logs[f"{prefix}_loss"] = evaluation.loss
            logs[f"{prefix}_accuracy"] = float(np.trace(confusion) / confusion.sum())
        return logs

    def _written_down(self, epoch: int) -> Schedule:
        return self.prepared.order(
            self.prepared.classes[self._train],
            epoch=epoch,
            batch_size=self.recipe.batch_size,
            rng=stream(self.seed, "order", epoch),
            n_classes=self._classes,
        )

    def _parts(
        self, schedule: Schedule, epoch: int
    ) -> Iterator[tuple[Schedule, dict[str, NDArray[Any]], Batches | None]]:
        """What is trained between two boundaries, what comes with it, and a strategy's references.

        An epoch in one part, unless its network is asked at the ends of segments what is kept, or
        a strategy at the ends of tasks.
        """
        buffer, strategy = self.buffer, self._strategy
        rng = stream(self.seed, "replay", epoch)
        by_segment = strategy is not None or (buffer and buffer.replay.rule.at_segment_ends)
        parts = segments(schedule) if by_segment else [schedule]
        for i, part in enumerate(parts):
            mixed, origin = part, Origin.new(part)
            if buffer:
                replayed = buffer.mixed(part, rng)
                mixed, origin = replayed.schedule, replayed.origin
            references = None
            if buffer and strategy is not None and strategy.references:
                new, apart = origin.apart(mixed)
                if strategy.references == "batch":
                    mixed, origin = new, Origin.new(new)
                references = self._references(apart, int(part.tasks[0]))
            columns = {}
            if strategy is not None:
                columns = strategy.columns(mixed, origin, stream(self.seed, "replay", epoch, i))
            self._weigh(columns, mixed, origin, int(part.tasks[0]))
            yield mixed, columns, references
            self._at_boundary(part, parts[i + 1] if i + 1 < len(parts) else None)
        if buffer:
            buffer.epoch_over(self.recipe.evaluation.segments)

    def _references(self, drawn: Schedule, task: int) -> Batches:
        """The batches whose gradients a strategy is given: those drawn, or what is held by task."""
        assert self.buffer
        assert self._strategy
        assert self.prepared.tasks is not None
        size = self.buffer.replay.per_batch(self.recipe.batch_size)
        if self._strategy.references == "tasks":
            drawn = self.buffer.by_task(self.prepared.tasks[self._train])
            size = self.buffer.replay.capacity
        columns: dict[str, NDArray[Any]] = {}
        draw = np.ones(len(drawn.indices), dtype=np.int32)
        self._weigh(columns, drawn, Origin(draw, -draw), task)
        return Batches(drawn, self._train, size, columns=columns)

    def _weigh(
        self, columns: dict[str, NDArray[Any]], shown: Schedule, origin: Origin, task: int
    ) -> None:
        """Say which outputs are active for each example shown, and what it counts."""
        replay, weights = self.recipe.replay, self.prepared.weights
        apart = replay is not None and replay.weights == "asymmetric"
        active = self._active(self._train[shown.indices], task, origin.old, apart)
        if active is not None:
            columns["active"] = active
        by_task = replay.loss_weights(shown, origin, task) if replay else None
        for each in (by_task, None if weights is None else weights[shown.indices]):
            if each is not None:
                columns["weight"] = columns.get("weight", np.float32(1)) * each

    def _at_boundary(self, over: Schedule, coming: Schedule | None) -> None:
        """What happens between two parts: exemplars are chosen, a task that is over is left."""
        if self.buffer:
            self.buffer.segment_over(over, self._features)
        task, strategy = int(over.tasks[-1]), self._strategy
        if task == NO_TASK:
            return
        if coming is None and task > 0 and strategy is not None and strategy.overrides("figures"):
            self._strategy_figures = strategy.figures(self._weights(), self._state_arrays())
        if not self.prepared.task_is_over(self._epoch):
            return
        if self.buffer and self.prepared.tasks is not None:
            tasks, rng = self.prepared.tasks[self._train], stream(self.seed, "replay", 0, task)
            self.buffer.task_over(over.indices, tasks, rng, self._features)
        if self.recipe.reset_optimiser:
            self.program.load_optimiser(self._fresh_optimiser())
        if strategy is not None:
            self._learn_from(strategy, self._task(over))

    def _learn_from(self, strategy: Strategy, done: Task) -> None:
        """Let a strategy make what it takes along from a task that is over."""
        following = None
        if self._epoch < self.recipe.epochs:
            following = self._task(segments(self._schedule(self._epoch + 1))[0])
        with self.clock("between tasks"):
            network, state = self._network(done), self._state_arrays()
            self._take(strategy.between_tasks(network, done, following, state))
        if strategy.reaches_all and isinstance(self.program.optimiser, TorchAdam):
            self.program.optimiser.reach_all()

    def _network(self, done: Task) -> Network:
        """The network at a task's end."""
        x, y, table = self.device.x, self.device.y, self.prepared.masks
        masks = np.zeros((len(done.examples), self._outputs), dtype=np.float32)
        rows = self._active(done.examples, done.number, np.zeros(len(masks), dtype=bool))
        if rows is not None and table is not None:
            masks = table[rows]
        rng = stream(self.seed, "importance", done.number)
        importance = partial(
            self.program.importance, x=x, y=y, examples=done.examples, masks=masks, rng=rng
        )
        scenario, held = self.recipe.scenario, np.zeros(0, dtype=np.int32)
        heads = np.zeros((1, self._outputs), dtype=np.float32)
        if scenario is not None:
            heads = scenario.heads(done.number, self.prepared.groups)
        if self.buffer:
            held = self.buffer.held

        def logits(places: Indices) -> NDArray[np.float32]:
            return self.program.logits(x, self._train[places])

        own = (self.program.model, partial(gathered, x), y, masks, self._weights(), importance)
        return Network(*own, heads, self._train, held, logits, self._features)

    def _weights(self) -> tuple[NDArray[np.float32], ...]:
        return tuple(each.numpy() for each in self.program.model.trainable_variables)

    def _state_arrays(self) -> dict[str, NDArray[Any]]:
        """The strategy's arrays, as NumPy."""
        return {name: each.numpy() for name, each in self._state.items()}

    def _active(
        self, examples: Indices, task: int, old: NDArray[np.bool_], apart: bool = False
    ) -> Indices | None:
        """Which outputs are active for each example shown: its row of the scenario's masks."""
        scenario, tasks = self.recipe.scenario, self.prepared.tasks
        if scenario is None or tasks is None:
            return None
        groups = self.prepared.groups
        return scenario.rows_in_training(tasks[examples], task, groups, old, apart)

    def _task(self, part: Schedule) -> Task:
        places = np.unique(part.indices)
        return Task(int(part.tasks[0]), self._train[places], places)

    def scoring(self) -> dict[str, NDArray[Any]]:
        """The strategy's arrays, where it predicts by them."""
        return self._state_arrays() if self.recipe.scores_by_state else {}

    def _take(self, arrays: dict[str, NDArray[Any]]) -> None:
        """Put a strategy's arrays where the compiled program reads them."""
        self._state |= {name: tf.constant(value) for name, value in arrays.items()}

    def _sizes(self) -> Sizes:
        capacity = self.recipe.replay.capacity if self.recipe.replay else 0
        tasks = self.recipe.order.n_tasks if isinstance(self.recipe.order, InTasks) else 0
        scenario = self.recipe.scenario
        heads = tasks if scenario is not None and scenario.kind == "task" else 1
        return Sizes(self._weights(), self._outputs, len(self._train), capacity, tasks, heads)

    def _features(self, places: Indices) -> NDArray[np.float32]:
        """What the network makes of examples of the training part."""
        return self.program.features(self.device.x, self._train[places])

    def _batches(
        self,
        schedule: Schedule,
        columns: dict[str, NDArray[Any]],
        rng: np.random.Generator,
        crops: np.random.Generator,
        references: Batches | None = None,
    ) -> Batches:
        """A schedule's batches, with their noise where it is fresh, and their random crops."""
        size, noise = self.recipe.batch_size, self.recipe.input_noise
        if self.recipe.replay is not None:
            apart = self._strategy is not None and self._strategy.references == "batch"
            size = self.recipe.replay.largest_batch(size, 0 if apart else self._draws)
        fresh = None
        if noise is not None and noise.when == "every-epoch":
            values = size * int(np.prod(self.device.x.shape[1:]))
            fresh = noise.fresh(len(schedule.batch_sizes), values, rng)
        masks, examples = self.prepared.masks, self._train
        if self.recipe.random_crop is not None:
            maps = np.arange(self.device.x.maps.shape[0], dtype=np.int32)[:, None]
            drawn = crops.integers(len(maps), size=len(schedule.indices), dtype=np.int32)
            schedule = schedule._replace(indices=schedule.indices + len(examples) * drawn)
            examples = (examples + self.device.x.shape[0] * maps).ravel()
        return Batches(schedule, examples, size, fresh, columns, masks, references)

    # What is looked at.

    def at_end(self) -> None:
        """Evaluate the sets that are looked at once."""
        self._evaluator.at_end(self._place())

    def _place(self, segment: int | None = None) -> Place:
        return self._epoch, self._segment if segment is None else segment, self._step

    def _measure(self) -> None:
        """Look into the network, where that is asked for."""
        with self.clock("measure"):
            self._measured.look()

    # What is kept.

    def arrays(self) -> dict[str, NDArray[Any]]:
        """The record's named arrays."""
        if self._cached_arrays is not None:
            return self._cached_arrays
        replayed = self.buffer.arrays() if self.buffer else {}
        kept = self._strategy.recorded if self._strategy else ()
        own = {name: self._state[name].numpy() for name in kept}
        return self._so_far() | self._at_end | replayed | own

    def _so_far(self) -> dict[str, NDArray[Any]]:
        """The arrays that grow with the epochs."""
        found = self._measured.arrays()
        if self._segment_of_class:
            return {"class_segments": np.array(self._segment_of_class)} | found
        return found

    def reached(self) -> dict[str, Any]:
        """How far it has come."""
        return {"epoch": self._epoch, "step": self._step, "segment": self._segment}

    def from_cached_weights(self, cached: Checkpoint) -> Status:
        """Take what was measured of a network whose weights were kept; how its training ended."""
        history, evaluations, self._cached_arrays = read_results(cached.results)
        reached = cached.progress
        self._take(dict(cached.strategy))
        self.history, self.evaluations[:] = list(history), evaluations
        self._epoch, self._step = reached["epoch"], reached["step"]
        self._segment = reached["segment"]
        self.notes = list(map(Note.from_json, reached["remarks"]))
        self.notes.append(note("from-weights"))
        status: Status = reached["status"]
        return status

    def _optimiser_variables(self) -> list[Any]:
        found: list[Any] = self.program.optimiser.variables
        return found

    def _variables(self) -> list[Any]:
        return [*self.program.model.variables, *self._optimiser_variables()]

    def _save_checkpoint(self, epoch: int, own: keras.callbacks.CallbackList) -> None:
        """Keep everything that the epochs to come depend on, where the run is a long one.

        A disk that does not take it costs time, not the run.
        """
        expected = sum(self.clock.seconds.values()) / epoch * self.recipe.epochs
        last = epoch == self.recipe.epochs
        if last or self._file is None or expected <= checkpoints.LONG:
            return
        if self.program.remembers():
            return  # what would be gone on with is not all known
        checkpoint = Checkpoint(
            write_results(self.history, self.evaluations, self._so_far()),
            [keras.ops.convert_to_numpy(variable) for variable in self._variables()],
            self.buffer.state() if self.buffer else {},
            remembered(own.callbacks),
            {**self.reached(), "seconds": self.clock.seconds, "run": dict(self._owner)},
            self._state_arrays(),
        )
        try:
            checkpoint.save(self._file)
        except OSError as error:
            self.notes.append(note("not-kept", epoch=epoch, error=str(error)))
            self._file = None

    def _restore(self, checkpoint: Checkpoint, own: keras.callbacks.CallbackList) -> int:
        """Put a checkpoint in place; the number of epochs that it has behind it."""
        history, evaluations, arrays = read_results(checkpoint.results)
        self.history, self.evaluations[:] = list(history), evaluations
        self._segment_of_class = list(arrays.get("class_segments", []))
        self._measured.restore(arrays)
        for variable, value in zip(self._variables(), checkpoint.variables, strict=True):
            variable.assign(value)
        if self.buffer:
            self.buffer.restore(checkpoint.buffer)
        self._take(dict(checkpoint.strategy))
        remind(own.callbacks, checkpoint.callbacks)
        self._step, self._segment = checkpoint.progress["step"], checkpoint.progress["segment"]
        self.clock.add(checkpoint.progress["seconds"])
        epoch: int = checkpoint.progress["epoch"]
        self.notes.append(note("continued", epoch=epoch))
        return epoch
