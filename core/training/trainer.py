"""The trainer: one recipe, one seed, one record."""

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from core.code_identity import unseen_code
from core.examples.implausible import implausible
from core.examples.pixel_maps import checksum
from core.examples.preprocessing import example_shape
from core.notes import Note, note
from core.numerics import may_be_large
from core.recipe import Recipe, Transfer
from core.record import Record, Status
from core.results import write_results
from core.spec import Spec
from core.training.build import fresh_model, make_optimiser
from core.training.callbacks import recipe_callbacks
from core.training.checkpoints import Checkpoint, RunFiles, checkpoint_file
from core.training.compiled import Program
from core.training.device_arrays import Device
from core.training.environment import environment
from core.training.epochs import Progress, Training
from core.training.in_force import in_force
from core.training.layers import (
    Compiler,
    chosen_compiler,
    kept_from_xla,
    leaf_layers,
    structure,
    treats_examples_apart,
)
from core.training.losses import make_loss
from core.training.lr_schedules import in_steps
from core.training.preparation import notes_on_data, prepare
from core.training.probes import Measured, Probe
from core.training.ready import Clock, Ready
from core.training.weights_cache import WeightsCache
from data import Dataset, InputError


class Trainer:
    """Trains networks one after the other, compiling each kind of network once.

    It keeps compiled programs and the arrays of the last data set; nothing of a run's result
    depends on what it trained before.

    Examples:
        >>> from core import Recipe, Trainer, spec
        >>> from data import load
        >>> network = spec("mlp", widths=(50,))
        >>> recipe = Recipe(dataset="digits", model=network, epochs=1, compiler="graph")
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
        files: RunFiles | None = None,
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
            files: Where a checkpoint and the weights are kept and looked for. Of a run with
                `callbacks` neither is.

        Returns:
            The record, `diverged` where the loss, a weight or the last evaluation is not finite. It
            belongs to no study: whoever asked for the run labels it.

        Raises:
            InputError: The recipe does not fit the data, or names what Keras does not have.
        """
        _check_source(recipe, source)
        datasets = [each for each in (dataset, source) if each is not None]
        checksums = [each.checksum for each in datasets]
        key, clock = recipe.key(seed, *checksums), Clock()
        files = files if files and not callbacks else RunFiles()
        cache = files.weights and WeightsCache(files.weights, recipe, seed, *checksums)
        cached = cache.load() if cache else None
        if cached and recipe.scores_by_state and not cached.strategy:
            cached = None  # weights of before what they predict by was kept with them
        if cache and cached:
            training = Training(self._ready(recipe, seed, dataset, clock))
            training.program.model.load_weights(cache.weights)
            status = training.from_cached_weights(cached)
        else:
            training, status = self._trained(
                recipe, seed, datasets, clock, callbacks, progress, files, key
            )
            if cache and files.keep_weights:
                _keep(cache, training, status, {**files.owner, "seed": seed})
        training.at_end()
        return _record(key, training, status, datasets)

    def check(self, recipe: Recipe, dataset: Dataset, source: Dataset | None = None) -> None:
        """Refuse a recipe that cannot work, in a moment and without training.

        Args:
            recipe: What is to be done.
            dataset: The data that `recipe.dataset` names.
            source: With a transfer, the data that its source names.

        Raises:
            InputError: The recipe does not fit the data, or names what Keras does not have.
        """
        schedule = in_steps(recipe, prepare(recipe, 0, dataset), 0, dataset.classes)
        optimiser = make_optimiser(recipe.optimiser, schedule)
        program = _program(recipe, fresh_model(recipe, 0, dataset), optimiser, dataset.classes)
        _check_features(recipe, program)
        Probe(program, recipe.evaluation.measurements)
        recipe_callbacks(recipe, 0)
        if recipe.transfer is not None and source is not None:
            self.check(recipe.transfer.source, source)
            _check_transfer(
                recipe.transfer, fresh_model(recipe.transfer.source, 0, source), program.model
            )

    def _trained(
        self,
        recipe: Recipe,
        seed: int,
        datasets: Sequence[Dataset],
        clock: Clock,
        callbacks: Sequence[keras.callbacks.Callback],
        progress: Progress | None,
        files: RunFiles,
        key: str,
    ) -> tuple[Training, Status]:
        """A training from its beginning, or from its checkpoint, and how it ended."""
        # What other callbacks than Ebb's own remember is not known.
        long = files.checkpoints if not recipe.callbacks else None
        file = long and checkpoint_file(long, key)
        checkpoint = Checkpoint.load(file) if file else None
        start: dict[str, Any] = {}
        if recipe.before is not None and checkpoint is None:
            with clock("pretrain"):
                # Its time is the pretraining's as a whole; of a transfer the source comes last.
                first = Training(self._ready(recipe.before, seed, datasets[-1], Clock()))
                first.all_epochs()
                parts = _parts(first.program.model, recipe.transfer)
                start = {name: part.get_weights() for name, part in parts.items()}
        ready = self._ready(recipe, seed, datasets[0], clock)
        for name, weights in start.items():
            _parts(ready.program.model, recipe.transfer)[name].set_weights(weights)
        if start:
            ready.program.load_optimiser(ready.fresh_optimiser())
        training = Training(ready, file, {**files.owner, "seed": seed})
        return training, training.all_epochs(callbacks, progress, checkpoint)

    def _ready(self, recipe: Recipe, seed: int, dataset: Dataset, clock: Clock) -> Ready:
        """Everything that a training needs, in place."""
        with clock("prepare"):
            prepared = prepare(recipe, seed, dataset)
            self._device.load(recipe, seed, dataset, prepared)
        with clock("build"):
            schedule = in_steps(recipe, prepared, seed, dataset.classes)
            program = self._program(recipe, seed, dataset, schedule)
            _check_features(recipe, program)
            wanted = recipe.evaluation.measurements
            if (program, wanted) not in self._probes:
                self._probes[program, wanted] = Probe(program, wanted)
            probe = self._probes[program, wanted]
            measured = Measured(probe, wanted, self._device.x, self._device.y, prepared)
        classes, outputs = recipe.classes(dataset.classes), recipe.outputs(dataset.classes)
        return Ready(
            recipe, seed, classes, outputs, program, self._device, prepared, measured, clock,
            lambda: make_optimiser(recipe.optimiser, schedule),
        )  # fmt: skip

    def _program(
        self, recipe: Recipe, seed: int, dataset: Dataset, schedule: Spec | None
    ) -> Program:
        """A compiled program that holds this run's fresh variables; its schedule in steps."""
        model = fresh_model(recipe, seed, dataset)
        optimiser = make_optimiser(recipe.optimiser, schedule)
        text = replace(recipe, lr_schedule=schedule).to_json()
        own, said = ":" in recipe.model.name, structure(model)
        what = ("optimiser", "lr_schedule", "loss", "input_noise", "strategy", "scenario",
                "precision")  # fmt: skip
        shape = example_shape(dataset.x_train.shape[1:], recipe.preprocessing)
        apart = make_loss(recipe.loss).apart and treats_examples_apart(model, training=False)
        kind = json.dumps(
            [text.get(part) for part in what]
            + ([text["model"], said] if own else [said or text["model"]])
            + [_compiler(recipe, model), shape]
            + [recipe.outputs(dataset.classes)]
            + [recipe.batch_size] * (not apart)
        )
        # What own parts hold besides their variables, as a mask that is drawn when they are made or
        # a count, is this network's alone: no other may go on with it.
        if kind not in self._programs or (own and said is None):
            another = make_optimiser(recipe.optimiser, schedule)
            self._programs[kind] = _program(recipe, model, another, dataset.classes)
            held = self._programs.values()
            self._probes = {key: each for key, each in self._probes.items() if key[0] in held}
        self._programs[kind].load(model, optimiser)
        return self._programs[kind]


def _record(key: str, training: Training, status: Status, datasets: Sequence[Dataset]) -> Record:
    """What a training leaves."""
    return Record(
        key=key,
        seed=training.seed,
        recipe=training.recipe.to_json(),
        data=" ".join(each.checksum for each in datasets),
        environment={**environment(), **in_force()},
        status=status,
        seconds=training.clock.seconds,
        notes=(
            note("compiled", compiler=training.program.compiler),
            *_kept_from_xla(training),
            *(note("data", said=each.note) for each in datasets if each.note),
            *_class_labels(datasets[0]),
            *_pixel_maps(training),
            *_implausible(training.recipe, datasets),
            *notes_on_data(training.recipe, training.prepared, datasets[0]),
            *_unseen(training.recipe),
            *training.notes,
        ),
        history=tuple(training.history),
        evaluations=tuple(training.evaluations),
        arrays=training.arrays() | _degrees(training) | _class_names(datasets[0]),
        repeatable=training.repeatable,
    )


def _degrees(training: Training) -> dict[str, NDArray[Any]]:
    """By how much each task of the run is rotated."""
    domains = training.prepared.domains
    return {"degrees": domains.degrees} if domains and domains.degrees is not None else {}


def _class_names(dataset: Dataset) -> dict[str, NDArray[Any]]:
    """The labels that the classes have in the data set's files, where tables have to know them."""
    names = dataset.class_names
    return {"class_names": np.array(names, dtype=np.int64)} if names else {}


def _class_labels(dataset: Dataset) -> list[Note]:
    """What people call the classes, as JSON."""
    words = dataset.class_labels
    return [note("class-labels", labels=json.dumps(words, ensure_ascii=False))] if words else []


def _pixel_maps(training: Training) -> list[Note]:
    """What tells the maps of a run's tasks from others."""
    domains = training.prepared.domains
    return [note("pixel-maps", checksum=checksum(domains.maps))] if domains else []


def _implausible(recipe: Recipe, datasets: Sequence[Dataset]) -> list[Note]:
    """What is seldom meant of the data that a recipe, and its source, are trained on."""
    recipes = [recipe, *([recipe.transfer.source] if recipe.transfer else [])]
    steps = [each.preprocessing for each in recipes]
    found = [each for pair in zip(datasets, steps, strict=True) for each in implausible(*pair)]
    return [each for i, each in enumerate(found) if each not in found[:i]]


def _kept_from_xla(training: Training) -> list[Note]:
    """Why a network of a user's own is in graph mode, where others like it are not."""
    recipe, program = training.recipe, training.program
    chosen = recipe.compiler == "auto" and program.compiler != "xla" and ":" in recipe.model.name
    return [note("own-parts")] if chosen and kept_from_xla(program.model) else []


def _unseen(recipe: Recipe) -> list[Note]:
    """What of a user's code the recipe's identity does not know."""
    places = [place for code in recipe.own_code() for place in unseen_code(code)]
    return [note("unseen", where=", ".join(dict.fromkeys(places)))] if places else []


def _check_source(recipe: Recipe, source: Dataset | None) -> None:
    if (recipe.transfer is None) != (source is None):
        raise InputError(
            "Received a transfer without its source's data, or data without a transfer; "
            "expected source=... with a recipe that has a transfer, and only with one."
        )


def _compiler(recipe: Recipe, model: keras.Model) -> Compiler:
    """How it is compiled: as asked, else as the strategy asks, else by layers and weights."""
    by_strategy = recipe.rule.compiler if recipe.rule else "auto"
    asked = by_strategy if recipe.compiler == "auto" else recipe.compiler
    return chosen_compiler(model, asked, large=may_be_large(recipe))


def _program(
    recipe: Recipe, model: keras.Model, optimiser: keras.optimizers.Optimizer, classes: int
) -> Program:
    compiler = _compiler(recipe, model)
    return Program(
        model, optimiser, recipe.loss, recipe.outputs(classes), compiler, recipe.input_noise,
        recipe.rule, recipe.batch_size,
    )  # fmt: skip


def _check_features(recipe: Recipe, program: Program) -> None:
    """Refuse a network without what the recipe's parts look at, or with what they cannot have."""
    herding = recipe.replay is not None and recipe.replay.rule.by_features
    if herding or recipe.scores_by_state:
        program.check_features()
    why = recipe.strategy.fixed_inputs if recipe.strategy else ""
    kinds = [type(layer).__name__ for layer in leaf_layers(program.model)]
    if drawn := [kind for kind in kinds if why and kind.startswith("Random")]:
        raise InputError(
            f"Received {type(recipe.strategy).__name__} with a network that has {drawn[0]}; "
            f"expected none: {why}."
        )


def _keep(cache: WeightsCache, training: Training, status: Status, owner: dict[str, Any]) -> None:
    """Keep the trained network and what was measured on the way; a note where that fails."""
    results = write_results(training.history, training.evaluations, training.arrays())
    reached = {
        "status": status,
        **training.reached(),
        "remarks": [each.to_json() for each in training.notes],
        "run": owner,
    }
    try:
        cache.save(training.program.model, results, reached, training.scoring())
    except OSError as error:
        training.notes.append(note("weights-not-kept", error=error.strerror or str(error)))


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
