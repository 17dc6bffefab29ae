"""Recipes that cannot be trained, refused before anything is: parts that do not fit each other."""

import inspect
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

from core.checks import is_number
from core.evaluation import TASK_SETS
from core.examples.preprocessing import STEPS
from core.models import BUILDERS, builder
from core.schedule.domains import Domains
from core.schedule.tasks import InTasks
from core.spec import Spec
from data import InputError
from data.errors import did_you_mean, shown

CALLBACK_SCHEDULES = ("ReduceLROnPlateau",)
OF_A_FILE = ("misclassified", "predictions")
"""Measurements that name examples by their place in the test file."""
KEEP_BLACK = ("pad-2", "scale", "normalise")
"""Steps after which black is one number, in this order."""
OWN_FIELDS = {"EarlyStopping": "early_stopping", "ReduceLROnPlateau": "lr_schedule"}
"""Callbacks that a field of the recipe stands for."""


def refuse_unfitting(recipe: Any) -> None:
    """Refuse a recipe whose parts do not fit each other.

    Args:
        recipe: The `core.Recipe`, which asks this when it is made.

    Raises:
        InputError: They do not.
    """
    for step in recipe.preprocessing:
        expect(step, "preprocessing step", STEPS)
    _refuse_two_rates(recipe)
    if recipe.early_stopping is not None:
        expect(recipe.early_stopping.name, "early stopping", ("EarlyStopping",))
    _refuse_unfitting_parts(recipe)
    _refuse_unfitting_order(recipe)
    _refuse_unfitting_crop(recipe)
    _refuse_unfitting_replay(recipe)
    _refuse_unfitting_strategy(recipe)
    _refuse_unfitting_scenario(recipe)
    _refuse_noise_twice(recipe)
    _refuse_unbuildable(recipe.model)
    _refuse_unfitting_pretraining(recipe)


def expect(value: Any, what: str, known: Any) -> None:
    """Refuse what is none of the known names.

    Raises:
        InputError: It is none.
    """
    if not isinstance(value, str) or value not in known:
        guess = did_you_mean(value, known) if isinstance(value, str) else ""
        raise InputError(
            f"Received {what} {shown(value)}; expected one of {', '.join(known)}{guess}."
        )


def _refuse_two_rates(recipe: Any) -> None:
    # A callback starts from the optimiser's rate; any other schedule takes its place.
    schedule = recipe.lr_schedule.name if recipe.lr_schedule else None
    replaces = schedule is not None and schedule not in CALLBACK_SCHEDULES
    if replaces and "learning_rate" in recipe.optimiser.parameters:
        raise InputError(
            f"Received a learning rate and the schedule {schedule}; expected "
            "one of them: the schedule sets the learning rate."
        )
    if schedule in CALLBACK_SCHEDULES and recipe.reset_optimiser:
        raise InputError(
            f"Received the schedule {schedule} with reset_optimiser; expected one of them: it "
            "judges an epoch by those of all tasks."
        )


def _refuse_unfitting_parts(recipe: Any) -> None:
    for each in recipe.callbacks:
        if not isinstance(each, Spec):
            raise InputError(
                f"Received callbacks with {each!r}; expected a tuple of them by name, as in "
                '(spec("CSVLogger", filename="log-{seed}.csv"),).'
            )
        if field := OWN_FIELDS.get(each.name):
            raise InputError(
                f"Received callbacks with {each.name}; expected {field}=spec({each.name!r}, ...): "
                "the recipe's own field for it."
            )
    weights = recipe.class_weight or ()
    if not all(is_number(each, 0) for each in weights):
        raise InputError(
            f"Received class_weight={weights!r}; expected a tuple with a number from 0 up for "
            "each class."
        )


def _refuse_unfitting_strategy(recipe: Any) -> None:
    strategy, order = recipe.strategy, recipe.order
    if recipe.rule is not None and recipe.optimiser.parameters.get("loss_scale_factor"):
        raise InputError(
            "Received loss_scale_factor with a strategy or a scenario; expected an optimiser "
            "without it: their gradients are not scaled."
        )
    if strategy is None:
        return
    if strategy.needs_tasks and not isinstance(order, InTasks):
        raise InputError(
            f"Received strategy {type(strategy).__name__} with the order "
            f"{type(order).__name__}; expected Tasks or Domains: it learns from where one task "
            "ends."
        )
    if strategy.needs_tasks and order.shown == "all":
        raise InputError(
            f"Received strategy {type(strategy).__name__} with tasks shown='all'; expected it with "
            "tasks one after the other: no task ends."
        )
    strategy.check(recipe)
    if strategy.fixed_inputs:
        _refuse_changing_inputs(recipe)


def _refuse_changing_inputs(recipe: Any) -> None:
    """Refuse input noise, or images, that are drawn anew in every step."""
    strategy, noise = recipe.strategy, recipe.input_noise
    name, why = type(strategy).__name__, strategy.fixed_inputs
    if noise is not None and noise.when == "every-epoch":
        raise InputError(
            f"Received {name} with input noise when=every-epoch; expected when=once: {why}."
        )
    if recipe.model.parameters.get("augmentation"):
        raise InputError(
            f"Received {name} with a network that has augmentation; expected none: {why}."
        )


def _refuse_unfitting_scenario(recipe: Any) -> None:
    """What would ask for outputs that are not active, or name an output for a class."""
    scenario, loss = recipe.scenario, recipe.loss
    if scenario is None:
        return
    smoothed = isinstance(loss, Spec) and loss.parameters.get("label_smoothing")
    if scenario.kind != "domain" and smoothed:
        raise InputError(
            "Received label_smoothing with a scenario; expected none: outputs that are not active "
            "would have a share of the target."
        )
    if scenario.active == "current" and getattr(recipe.order, "shown", "") == "seen":
        raise InputError(
            "Received active='current' with tasks that are shown again; expected active='seen': "
            "the outputs of their examples would not be active."
        )
    of_a_file = [each for each in recipe.evaluation.measurements if each in OF_A_FILE]
    if scenario.kind == "domain" and of_a_file:
        raise InputError(
            f"Received the measurement {of_a_file[0]} with the scenario domain; expected it "
            "without: an output is that of several classes."
        )


def _refuse_unfitting_order(recipe: Any) -> None:
    order = recipe.order
    if isinstance(order, InTasks) and order.epochs != recipe.epochs:
        raise InputError(
            f"Received epochs={recipe.epochs} with {order.n_tasks} tasks and "
            f"epochs_each={order.epochs_each}; expected epochs={order.epochs}."
        )
    if isinstance(order, Domains):
        _refuse_what_maps_miss(recipe, order)
    if isinstance(order, InTasks):
        steps = order.steps_each is not None and recipe.replay is not None
        if steps and recipe.replay.mode in ("replace", "pool"):
            raise InputError(
                f"Received order.steps_each with replay.mode={recipe.replay.mode!r}, which makes "
                "more steps; expected mode='add', which makes batches larger."
            )
        if recipe.early_stopping is not None and order.shown != "all":
            raise InputError(
                "Received early_stopping with tasks one after the other; expected it without: it "
                "ends the training, not a task."
            )
        if recipe.scenario is not None and set(recipe.evaluation.measurements) & {"gradient-norms"}:
            raise InputError(
                "Received the measurement gradient-norms with a scenario; expected it without: it "
                "is of a loss over all outputs."
            )
        return
    wanted = {
        "a scenario": recipe.scenario is not None,
        "reset_optimiser": recipe.reset_optimiser,
        f"evaluation of {TASK_SETS}": TASK_SETS in recipe.evaluation.all_sets,
    }
    for what in (each for each, asked in wanted.items() if asked):
        raise InputError(
            f"Received {what} with the order {type(order).__name__}; expected Tasks or Domains, "
            "which say what each task has."
        )


def _refuse_what_maps_miss(recipe: Any, order: Domains) -> None:
    """What looks at images, or changes them, without the maps of their tasks."""
    noise, plan = recipe.input_noise, recipe.evaluation
    fresh = noise is None or (noise.when == "every-epoch" and noise.on == "train")
    if not fresh:
        raise InputError(
            f"Received {noise!r} with Domains; expected it with when='every-epoch' and "
            "on='train': noise is added to what a task's map makes of an image."
        )
    unmapped = [*plan.corrupted, *(each for each in plan.measurements if each in OF_A_FILE)]
    if unmapped:
        raise InputError(
            f"Received the evaluation of {unmapped[0]} with Domains; expected it without: it is of "
            "the images of a file, not of those under a task's map."
        )
    if order.kind == "rotated":
        _refuse_unlike_black(recipe, "rotated tasks")


def _refuse_unfitting_crop(recipe: Any) -> None:
    if recipe.random_crop is None:
        return
    for what in ("strategy", "input_noise"):
        if getattr(recipe, what) is not None:
            raise InputError(f"Received random_crop and {what}; expected one of them.")
    if isinstance(recipe.order, Domains):
        raise InputError(
            "Received random_crop and Domains; expected one of them: each is a map of the pixels."
        )
    _refuse_unlike_black(recipe, "random_crop")


def _refuse_unlike_black(recipe: Any, what: str) -> None:
    steps = recipe.preprocessing
    if steps != tuple(each for each in KEEP_BLACK if each in steps):
        raise InputError(
            f"Received preprocessing={steps!r} with {what}; expected some of "
            f"{', '.join(KEEP_BLACK)}, in this order: what comes in at the edges is black, one "
            "number for all pixels."
        )


def _refuse_unfitting_replay(recipe: Any) -> None:
    """Replay that asks for tasks, or for outputs of a class-incremental scenario."""
    replay, order, scenario = recipe.replay, recipe.order, recipe.scenario
    if replay is None:
        return
    replay.per_batch(recipe.batch_size)
    in_turn = isinstance(order, InTasks) and order.shown == "new"
    by_task = replay.rule.at_task_ends or replay.weights != "equal"
    if by_task and not in_turn:
        raise InputError(
            f"Received replay with the buffer {replay.buffer} and weights {replay.weights}, and "
            f"the order {type(order).__name__}; expected Tasks or Domains, one after the other."
        )
    if replay.rule.at_task_ends and isinstance(order, InTasks) and replay.capacity < order.n_tasks:
        raise InputError(
            f"Received replay capacity {replay.capacity} with the buffer {replay.buffer} for "
            f"{order.n_tasks} tasks; expected one slot for each task or more."
        )
    domain = isinstance(order, Domains) if scenario is None else scenario.kind == "domain"
    if domain and replay.rule.slot_for_each_class:
        raise InputError(
            f"Received the buffer {replay.buffer} where tasks share their outputs; expected "
            "another: it keeps examples of each output, and those of the last task would displace "
            "all others."
        )
    if replay.weights == "asymmetric" and (scenario is None or "class" not in scenario.kind):
        raise InputError(
            "Received asymmetric replay weights without a class-incremental scenario; expected "
            'scenario=Scenario("class"): they leave the outputs of earlier classes alone.'
        )


def _refuse_noise_twice(recipe: Any) -> None:
    noisy = recipe.input_noise is not None and recipe.input_noise.on != "train"
    if noisy and recipe.evaluation.corrupted:
        raise InputError(
            "Received input noise on what is evaluated and the corrupted sets "
            f"{', '.join(recipe.evaluation.corrupted)}; expected one or the other: noise "
            "on=train leaves the test set to them."
        )


def _refuse_unfitting_pretraining(recipe: Any) -> None:
    if recipe.pretraining is None:
        return
    if recipe.transfer is not None:
        raise InputError(
            "Received pretraining and transfer; expected one training that comes first."
        )
    try:
        recipe.clean()
    except InputError as error:
        raise InputError(f"{str(error).removesuffix('.')} in the pretraining.") from None


# A study names one builder in hundreds of recipes.
_signature = lru_cache(maxsize=100)(inspect.signature)


def _refuse_unbuildable(model: Spec) -> None:
    if ":" not in model.name:
        expect(model.name, "model", BUILDERS)
    signature = _signature(builder(model.name))
    try:
        signature.bind_partial((1,), 2)
    except TypeError:
        name = model.name.rpartition(":")[2]
        raise InputError(
            f"Received model {model.name}, a function of ({', '.join(signature.parameters)}); "
            f"expected one of (input_shape, classes): def {name}(input_shape, classes)."
        ) from None
    try:
        signature.bind((1,), 2, **model.parameters)
    except TypeError as error:
        raise InputError(
            f"Received model {model.name} with {', '.join(model.parameters) or 'no parameters'}; "
            f"{error}{accepted(model.parameters, list(signature.parameters)[2:])}."
        ) from None


def accepted(given: Iterable[str], known: Sequence[str]) -> str:
    """What a function takes, for a message of one that was given something else."""
    unknown = [name for name in given if name not in known]
    if not unknown or not known:
        return ""
    return f"; expected some of {', '.join(known)}{did_you_mean(unknown[0], known)}"
