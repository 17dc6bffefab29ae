"""The trainer: one recipe, one seed, one record."""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from core.evaluation import Evaluation, confusion_matrix, stratified
from core.models import builder
from core.random_streams import integer, stream
from core.recipe import CALLBACK_SCHEDULES, Recipe, Transfer
from core.record import Record, Status, read_results, write_results
from core.schedule.buffer_state import BufferState
from core.schedule.orders import Schedule, segments
from core.spec import Spec
from core.training import checkpoints, compiled
from core.training.checkpoints import Checkpoint, checkpoint_file, remembered, remind
from core.training.compiled import Batches, Program
from core.training.device_arrays import Device, Examples
from core.training.environment import environment
from core.training.lr_schedules import in_steps
from core.training.preparation import Prepared, prepare
from core.training.probes import Measured, Probe
from core.training.weights_cache import WeightsCache
from data import Dataset, InputError

Progress = Callable[[int], None]
"""Called with the number of epochs done."""


class Trainer:
    """Trains networks one after the other, compiling each kind of network once.

    It keeps compiled programs and the arrays of the last data set; nothing of a run's result
    depends on what it trained before.

    Example:
        >>> from core import Recipe, Trainer, named
        >>> from data import load
        >>> recipe = Recipe(dataset="digits", model=spec("mlp", widths=(50,)), epochs=2)
        >>> record = Trainer().train(recipe, seed=0, dataset=load("digits"))
        >>> record.status
        'finished'
    """

    def __init__(self) -> None:
        self._programs: dict[str, Program] = {}
        self._probes: dict[tuple[Program, tuple[str, ...]], Probe] = {}
        self._device = Device()

    def train(
        self,
        recipe: Recipe,
        seed: int,
        dataset: Dataset,
        *,
        source: Dataset | None = None,
        callbacks: Sequence[keras.callbacks.Callback] = (),
        progress: Progress | None = None,
        keep: Path | None = None,
        weights: Path | None = None,
        keep_weights: bool = False,
        study: str = "",
        variant: str = "full",
        condition: str = "",
    ) -> Record:
        """Train one network.

        Args:
            recipe: What to do.
            seed: The run's number, 0 or larger.
            dataset: The data that `recipe.dataset` names.
            source: With a transfer, the data that its source names.
            callbacks: Keras callbacks that observe, called at the ends of epochs. One that
                changes the weights, the learning rate or stops the training is found out and
                named in the record's notes.
            progress: Called after every epoch.
            keep: Folder for the state of a long run at its epochs' ends (see
                `core.training.checkpoints`); a run that finds its state there goes on from it. Not
                with `callbacks`.
            weights: Folder of kept weights (see `core.training.weights_cache`); a run that finds
                its own there is not trained again, only evaluated on the sets at its end. Not with
                `callbacks`.
            keep_weights: Whether to keep the weights of this run there.
            study: For the record.
            variant: For the record.
            condition: For the record.

        Returns:
            The record; `diverged` where the loss stopped being finite.

        Raises:
            InputError: The recipe does not fit the data, or names what Keras does not have.
        """
        if (recipe.transfer is None) != (source is None):
            raise InputError(
                "Received a transfer without its source's data, or data without a transfer; "
                "expected source=... with a recipe that has a transfer, and only with one."
            )
        clock = _Clock()
        checksums = [each.checksum for each in (dataset, source) if each is not None]
        key = recipe.key(seed, *checksums)
        kept = None
        if weights is not None and not callbacks:
            kept = WeightsCache(weights, recipe, seed, *checksums)
        trained = kept.load() if kept else None
        file = checkpoint_file(keep, key) if keep is not None and not callbacks else None
        state = Checkpoint.load(file) if file and not trained else None
        start = {}
        if recipe.before is not None and not (trained or state):
            with clock("pretrain"):
                first = self._run(recipe.before, seed, source or dataset, _Clock())
                first.all_epochs((), None)
                parts = _parts(first.program.model, recipe.transfer)
                start = {name: part.get_weights() for name, part in parts.items()}
        run = self._run(recipe, seed, dataset, clock)
        run.whose = {"study": study, "variant": variant, "condition": condition, "seed": seed}
        if kept and trained:
            status = run.seen_before(kept, trained)
        else:
            for name, weights_before in start.items():
                _parts(run.program.model, recipe.transfer)[name].set_weights(weights_before)
            run.file = file
            status = run.all_epochs(callbacks, progress, state)
            if kept and keep_weights:
                run.keep(kept, status)
        run.at_end()
        return Record(
            key=key,
            study=study,
            variant=variant,
            condition=condition,
            seed=seed,
            recipe=recipe.to_json(),
            data=" ".join(checksums),
            environment=environment(),
            status=status,
            seconds=clock.seconds,
            notes=(
                f"compiled: {run.program.compiler}",
                *(f"data: {each.note}" for each in (dataset, source) if each and each.note),
                *run.notes,
            ),
            history=tuple(run.history),
            evaluations=tuple(run.evaluations),
            arrays=run.arrays(),
            repeatable=run.repeatable,
        )

    def check(self, recipe: Recipe, dataset: Dataset, source: Dataset | None = None) -> None:
        """Refuse a recipe that cannot work, in a moment and without training.

        Args:
            recipe: What is to be done.
            dataset: The data that `recipe.dataset` names.
            source: With a transfer, the data that its source names.

        Raises:
            InputError: The recipe does not fit the data, or names what Keras does not have.
        """
        schedule = in_steps(recipe, prepare(recipe, 0, dataset), 0)
        optimiser = compiled.make_optimiser(recipe.optimiser, schedule)
        parts = (fresh_model(recipe, 0, dataset), optimiser)
        compiler = compiled.chosen_compiler(parts[0], recipe.compiler)
        program = Program(*parts, recipe.loss, dataset.classes, compiler)
        if recipe.replay is not None and recipe.replay.buffer == "herding":
            program.check_features()
        Probe(program, recipe.evaluation.measurements)
        _recipe_callbacks(recipe)
        if recipe.transfer is not None and source is not None:
            self.check(recipe.transfer.source, source)
            _check_transfer(
                recipe.transfer, fresh_model(recipe.transfer.source, 0, source), program.model
            )

    def _run(self, recipe: Recipe, seed: int, dataset: Dataset, clock: "_Clock") -> "_Run":
        """A training that is ready to begin."""
        with clock("prepare"):
            prepared = prepare(recipe, seed, dataset)
            self._device.load(recipe, seed, dataset, prepared)
        with clock("build"):
            schedule = in_steps(recipe, prepared, seed)
            program = self._program(recipe, seed, dataset, schedule)
            if recipe.replay is not None and recipe.replay.buffer == "herding":
                program.check_features()
            wanted = recipe.evaluation.measurements
            if (program, wanted) not in self._probes:
                self._probes[program, wanted] = Probe(program, wanted)
            probe = self._probes[program, wanted]
            measured = Measured(probe, wanted, self._device.x, self._device.y, prepared)
        return _Run(recipe, seed, program, self._device, prepared, dataset.classes, measured, clock)

    def _program(
        self, recipe: Recipe, seed: int, dataset: Dataset, schedule: Spec | None
    ) -> Program:
        """A compiled program that holds this run's fresh variables; its schedule in steps."""
        model = fresh_model(recipe, seed, dataset)
        optimiser = compiled.make_optimiser(recipe.optimiser, schedule)
        compiler = compiled.chosen_compiler(model, recipe.compiler)
        text = replace(recipe, lr_schedule=schedule).to_json()
        # Of a user's builder a model's text may not say all that the user's own parts compute.
        own = compiled.structure(model) if ":" not in recipe.model.name else None
        kind = json.dumps(
            [text.get(part) for part in ("optimiser", "lr_schedule", "loss", "input_noise")]
            + [own or text["model"]]
            + [compiler, dataset.x_train.shape[1:], dataset.classes]
        )
        if kind not in self._programs:
            self._programs[kind] = Program(
                model,
                compiled.make_optimiser(recipe.optimiser, schedule),
                recipe.loss,
                dataset.classes,
                compiler,
                recipe.input_noise,
            )
        self._programs[kind].load(model, optimiser)
        return self._programs[kind]


def _parts(model: keras.Model, transfer: Transfer | None) -> dict[str, Any]:
    """What of a network is taken over: its layers by their names, or all of it."""
    if transfer is None:
        return {"": model}
    there = {layer.name: layer for layer in model.layers}
    if missing := [name for name in transfer.layers if name not in there]:
        raise InputError(
            f"Received transfer of the layer {missing[0]!r}; expected layers of both networks, of "
            f"{', '.join(there)}."
        )
    return {name: there[name] for name in transfer.layers}


def _check_transfer(transfer: Transfer, source: keras.Model, target: keras.Model) -> None:
    target_parts = _parts(target, transfer)
    for name, part in _parts(source, transfer).items():
        shapes = [[w.shape for w in each.get_weights()] for each in (part, target_parts[name])]
        if shapes[0] != shapes[1]:
            raise InputError(
                f"Received transfer of the layer {name!r} with weights of the shapes {shapes[0]} "
                f"in the source and {shapes[1]} in the target; expected the same."
            )


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
    except InputError:
        raise
    except (TypeError, ValueError) as error:
        reason = compiled.in_one_line(error)
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
        device: Device,
        prepared: Prepared,
        classes: int,
        measured: Measured,
        clock: _Clock,
    ) -> None:
        self.recipe, self.seed, self.program, self.device = recipe, seed, program, device
        self.prepared, self.classes, self.clock = prepared, classes, clock
        self.measured, self.errors = measured, dict[str, NDArray[Any]]()
        split, plan = prepared.split, recipe.evaluation
        self.train = split.train
        sets = {name: device.examples(name) for name in plan.sets}
        self.sets = {name: examples for name, examples in sets.items() if len(examples.rows)}
        sample = stratified(split.test, prepared.labels[split.test], plan.segment_examples)
        self.sample = device.examples("test")._replace(rows=sample)
        taught, changed = prepared.training_labels[self.train], prepared.changed[self.train]
        self.buffer = recipe.replay and BufferState(
            recipe.replay, recipe.batch_size, classes, taught, changed
        )
        self.epoch = self.step = self.segment = 0
        self.file: Path | None = None
        self.whose: dict[str, Any] = {}
        self.repeatable = True
        self.notes: list[str] = []
        self.history: list[tuple[int, int, str, float]] = []
        self.evaluations: list[Evaluation] = []
        self.segment_of_class: list[NDArray[np.int32]] = []
        self.kept_arrays: dict[str, NDArray[Any]] | None = None

    def all_epochs(
        self,
        callbacks: Sequence[keras.callbacks.Callback],
        progress: Progress | None,
        state: Checkpoint | None = None,
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
        first = 1
        if state is None:
            self.evaluate(epoch=0, segment=0, sample=self.recipe.evaluation.segments)
            self.measure()
        else:
            first += self.restore(state, own)
            if progress is not None:
                progress(first - 1)
        status: Status = "finished"
        for epoch in range(first, self.recipe.epochs + 1):
            own.on_epoch_begin(epoch - 1)
            with self.watching(free):
                free.on_epoch_begin(epoch - 1)
            self.epoch = epoch
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
            if epoch < self.recipe.epochs and self.file and self.long(epoch):
                self.save_checkpoint(epoch, own)
        if status == "finished":
            own.on_train_end()
            self.program.optimiser.finalize_variable_values(model.trainable_variables)
        with self.watching(free):
            free.on_train_end()
        if not _equal(evaluated, model.get_weights()):
            self.notes.append("evaluated once more after the weights were restored")
            self.evaluate(epoch, self.segment, self.recipe.evaluation.segments)
        if "misclassified" in self.recipe.evaluation.measurements:
            self.errors["misclassified"] = self.misclassified()
        return status

    def at_end(self) -> None:
        """Evaluate the sets that are looked at once."""
        for name in self.recipe.evaluation.at_end:
            examples = self.device.examples(name)
            if len(examples.rows):
                self.look(name, examples, self.epoch, self.segment)

    def keep(self, kept: WeightsCache, status: Status) -> None:
        """Keep the trained network and what was measured on the way."""
        reached = {
            "status": status,
            "epoch": self.epoch,
            "step": self.step,
            "segment": self.segment,
            "remarks": self.notes,
            "run": self.whose,
        }
        results = write_results(self.history, self.evaluations, self.arrays())
        kept.save(self.program.model, results, reached)

    def seen_before(self, kept: WeightsCache, trained: Checkpoint) -> Status:
        """Take a network that was kept; how its training ended."""
        self.program.model.load_weights(kept.weights)
        history, evaluations, self.kept_arrays = read_results(trained.results)
        reached = trained.progress
        self.history, self.evaluations = list(history), list(evaluations)
        self.epoch, self.step = reached["epoch"], reached["step"]
        self.segment, self.notes = reached["segment"], reached["remarks"]
        self.notes.append("trained before: evaluated from its kept weights")
        status: Status = reached["status"]
        return status

    def long(self, epoch: int) -> bool:
        """Whether the run is expected to last so long that its state is worth keeping."""
        return sum(self.clock.seconds.values()) / epoch * self.recipe.epochs > checkpoints.LONG

    def state(self, epoch: int, own: keras.callbacks.CallbackList) -> Checkpoint:
        """Everything that the epochs to come depend on."""
        variables = [*self.program.model.variables, *self.program.optimiser.variables]
        return Checkpoint(
            write_results(self.history, self.evaluations, self.turns() | self.measured.arrays()),
            [keras.ops.convert_to_numpy(variable) for variable in variables],
            self.buffer.state() if self.buffer else {},
            remembered(own.callbacks),
            {
                "epoch": epoch,
                "step": self.step,
                "segment": self.segment,
                "seconds": self.clock.seconds,
                "run": self.whose,
            },
        )

    def save_checkpoint(self, epoch: int, own: keras.callbacks.CallbackList) -> None:
        """Keep the run's state; a disk that does not take it costs time, not the run."""
        assert self.file is not None
        try:
            self.state(epoch, own).save(self.file)
        except OSError as error:
            self.notes.append(f"its state after epoch {epoch} could not be kept ({error})")
            self.file = None

    def restore(self, state: Checkpoint, own: keras.callbacks.CallbackList) -> int:
        """Put a kept state in place; the number of epochs that it has behind it."""
        history, evaluations, arrays = read_results(state.results)
        self.history, self.evaluations = list(history), list(evaluations)
        self.segment_of_class = list(arrays.get("class_segments", []))
        self.measured.restore(arrays)
        variables = [*self.program.model.variables, *self.program.optimiser.variables]
        for variable, value in zip(variables, state.variables, strict=True):
            variable.assign(value)
        if self.buffer:
            self.buffer.restore(state.buffer)
        remind(own.callbacks, state.callbacks)
        self.step, self.segment = state.progress["step"], state.progress["segment"]
        for phase, seconds in state.progress["seconds"].items():
            self.clock.seconds[phase] = self.clock.seconds.get(phase, 0.0) + seconds
        epoch: int = state.progress["epoch"]
        self.notes.append(f"interrupted, and gone on with after epoch {epoch}")
        return epoch

    def one_epoch(self, epoch: int) -> dict[str, float]:
        """Train one epoch; what Keras' `fit` would report of it."""
        plan = self.recipe.evaluation
        schedule = self.prepared.order(
            self.prepared.labels[self.train],
            epoch=epoch,
            batch_size=self.recipe.batch_size,
            rng=stream(self.seed, "order", epoch),
        )
        if plan.segments:
            self.segment_of_class.append(schedule.segment_of_class)
        noise = stream(self.seed, "corruption", 3, epoch)
        total, correct, examples, segment = 0.0, 0.0, 0, 0
        for part in self.parts(schedule, epoch):
            batches = self.batches(part, noise)
            ends = part.segment_ends if plan.segments else part.segment_ends[-1:]
            start = 0
            for end in ends.tolist():
                with self.clock("train"):
                    sums = self.program.train(self.device.x, self.device.y, batches, start, end)
                total, correct = total + sums[0], correct + sums[1]
                self.step, start, segment = self.step + end - start, end, segment + 1
                if plan.segments:
                    self.look("test-sample", self.sample, epoch, segment)
            examples += len(part.indices)
        self.segment = segment if plan.segments else 1
        self.evaluate(epoch, self.segment)
        self.measure()
        logs = {"loss": total / examples, "accuracy": correct / examples}
        rate = float(self.program.optimiser.learning_rate)
        also = self.buffer.figures() if self.buffer else {}
        for name, value in {**logs, "learning_rate": rate, **also}.items():
            self.history.append((epoch, self.step, name, value))
        for evaluation in self.evaluations[-len(self.sets) :] if self.sets else []:
            prefix = {"validation": "val"}.get(evaluation.set, evaluation.set)
            confusion = evaluation.confusion
            logs[f"{prefix}_loss"] = evaluation.loss
            logs[f"{prefix}_accuracy"] = float(np.trace(confusion) / confusion.sum())
        return logs

    def parts(self, schedule: Schedule, epoch: int) -> Iterator[Schedule]:
        """The epoch with what is replayed, in one part; with herding segment by segment.

        Herding asks the network, as it is at a segment's end, what the next one replays.
        """
        buffer = self.buffer
        if not buffer:
            yield schedule
            return
        rng = stream(self.seed, "replay", epoch)
        herding = buffer.replay.buffer == "herding"
        for part in segments(schedule) if herding else [schedule]:
            yield buffer.mixed(part, rng)
            if herding:
                buffer.herd(part, self.features)
        buffer.epoch_over(self.recipe.evaluation.segments)

    def features(self, places: NDArray[np.int32]) -> NDArray[np.float32]:
        """What the network makes of examples of the training part."""
        return self.program.features(self.device.x, self.train[places])

    def batches(self, schedule: Schedule, rng: np.random.Generator) -> Batches:
        """A schedule's batches, with their noise where it is fresh."""
        size, noise = self.recipe.batch_size, self.recipe.input_noise
        if self.recipe.replay is not None:
            size = self.recipe.replay.largest_batch(size)
        fresh = None
        if noise is not None and noise.when == "every-epoch":
            values = size * int(np.prod(self.device.x.shape[1:]))
            fresh = noise.fresh(len(schedule.batch_sizes), values, rng)
        return Batches(schedule, self.train, size, fresh)

    def evaluate(self, epoch: int, segment: int, sample: bool = False) -> None:
        """Evaluate the whole sets, and before them the sample where it is asked for."""
        if sample:
            self.look("test-sample", self.sample, epoch, segment)
        for name, examples in self.sets.items():
            self.look(name, examples, epoch, segment)

    def look(self, name: str, examples: Examples, epoch: int, segment: int) -> None:
        """Evaluate one set."""
        with self.clock("evaluate"):
            predicted, loss = self.program.predict(examples.x, examples.y, examples.rows)
            labels = examples.labels[examples.rows]
            confusion = confusion_matrix(labels, predicted, self.classes)
        self.evaluations.append(Evaluation(name, epoch, segment, self.step, confusion, loss))

    def measure(self) -> None:
        """Look into the network, where that is asked for."""
        with self.clock("measure"):
            self.measured.look()

    def misclassified(self) -> NDArray[np.int32]:
        """Of each test example that is taken for another class: position, class, that other."""
        examples = self.device.examples("test")
        with self.clock("measure"):
            predicted, _ = self.program.predict(examples.x, examples.y, examples.rows)
        labels = examples.labels[examples.rows]
        positions = examples.rows - self.device.first
        found = np.stack([positions, labels, predicted], axis=1)
        return found[predicted != labels].astype(np.int32)

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
            self.notes.append(f"changed by a callback ({names}): not the recipe's result")
            self.repeatable = False

    def arrays(self) -> dict[str, NDArray[Any]]:
        """The record's named arrays."""
        if self.kept_arrays is not None:
            return self.kept_arrays
        replayed = self.buffer.arrays() if self.buffer else {}
        return self.turns() | self.measured.arrays() | self.errors | replayed

    def turns(self) -> dict[str, NDArray[Any]]:
        """In which segment of each epoch a class had its turn."""
        return {"class_segments": np.array(self.segment_of_class)} if self.segment_of_class else {}


def _equal(a: Sequence[NDArray[Any]], b: Sequence[NDArray[Any]]) -> bool:
    return all(np.array_equal(v, w, equal_nan=True) for v, w in zip(a, b, strict=True))


def _recipe_callbacks(recipe: Recipe) -> list[keras.callbacks.Callback]:
    """The callbacks that a recipe's own fields stand for."""
    wanted = [recipe.early_stopping]
    if recipe.lr_schedule is not None and recipe.lr_schedule.name in CALLBACK_SCHEDULES:
        wanted.append(recipe.lr_schedule)
    return [_watching_what_is_measured(what, recipe) for what in wanted if what is not None]


def _watching_what_is_measured(what: Spec, recipe: Recipe) -> keras.callbacks.Callback:
    """A callback that knows which way its figure is better; Keras' own only warns of none."""
    made = compiled.make(what, keras.callbacks, keras.callbacks.Callback)
    sets = [name if name != "validation" else "val" for name in recipe.evaluation.sets]
    measured = [
        "loss",
        "accuracy",
        *(f"{name}_{figure}" for name in sets for figure in ("loss", "accuracy")),
    ]
    if made.monitor not in measured:
        raise InputError(
            f"Received {what.name} with monitor {made.monitor!r}; expected a figure that is "
            f"measured every epoch: {', '.join(measured)}."
        )
    if made.mode == "auto":
        made.mode = "min" if made.monitor.endswith("loss") else "max"
    return made
