"""A recipe as text: what all conditions of a study have in common, and what tells them apart.

Read from the JSON that records carry, so that a page says what was run, not what would be today.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Json = Mapping[str, Any]

DATASETS = {
    "cifar10": "CIFAR-10",
    "cube": "the points of a cube",
    "digits": "scikit-learn's digits",
    "digits-colour": "scikit-learn's digits in colour",
    "fashion-mnist": "Fashion-MNIST",
    "mnist": "MNIST",
    "stl10": "STL-10",
}
STEPS = {
    "scale": "divided by 255",
    "standardise": "standardised by the training part's means and standard deviations",
    "subtract-mean-image": "the training file's mean image subtracted",
    "normalise": "normalised by the training part's mean and standard deviation over all pixels",
    "pad-2": "two pixels of 0 put around each image",
}
ORDERS = {
    "Blocks": "in blocks",
    "Blurred": "class by class, with some places open to all classes",
    "InTurns": "in turns, some classes after others, as recorded",
    "Domains": "in tasks of all examples, with the pixels mapped in each task its own way",
    "ClassSequential": "one class after the other, in every epoch",
    "Shuffled": "shuffled anew in every epoch",
    "Tasks": "in tasks, each for its epochs and never again",
}
PLACES = {
    "first": "the first {size}",
    "last": "the last {size}",
    "last-of-each-class": "the last {size} of each class",
    "random": "{size} drawn at random",
}
NOISE = {
    "GivenLabels": "those of a file",
    "MatrixLabelNoise": "changed by a confusion matrix",
    "UniformLabelNoise": "drawn anew from all classes",
    "SymmetricLabelNoise": "replaced by another class",
    "ClassLabelNoise": "replaced by another class, in each class at its own rate",
}
STRATEGIES = {
    "AGEM": "averaged gradient episodic memory",
    "DER": "dark experience replay",
    "EWC": "elastic weight consolidation",
    "GEM": "gradient episodic memory",
    "ICaRL": "iCaRL",
    "L2Penalty": "an L2 penalty on what changes after a task",
    "LwF": "learning without forgetting",
    "MAS": "memory aware synapses",
    "OnlineEWC": "online elastic weight consolidation",
    "SI": "synaptic intelligence",
}
SCENARIOS = {
    "task": "task-incremental",
    "domain": "domain-incremental",
    "class": "class-incremental",
    "class-masked-at-test": "class-incremental, tested among the outputs of the example's own task",
}
ACTIVE = {
    "seen": "of the classes seen so far",
    "all": "of all classes",
    "current": "of the current task's classes",
}
"""Outputs that are active in class-incremental training."""
NETWORKS = {"mlp": "multi-layer perceptron", "deep-mlp": "deep multi-layer perceptron"}
SILENT = ("compiler", "evaluation")
"""Fields that are not part of what is trained."""
WHOLE = ("split", "scenario")
"""Fields that are said as a whole where conditions differ in them."""
FEW = 24
"""Numbers of a list that are written out."""


@dataclass(frozen=True)
class Protocol:
    """What the conditions of a study do.

    Attributes:
        common: Sentences that hold for every condition.
        columns: What tells conditions apart; empty where nothing does.
        rows: For each condition a value for each column.
    """

    common: tuple[str, ...]
    columns: tuple[str, ...]
    rows: Mapping[str, tuple[str, ...]]


def protocol(recipes: Mapping[str, Json]) -> Protocol:
    """Write out the recipes of a study.

    Args:
        recipes: Condition to its recipe as JSON, at least one.
    """
    common: list[str] = []
    columns: dict[str, list[str]] = {}
    for name in _fields(recipes):
        each: list[Any] = [recipe.get(name) for recipe in recipes.values()]
        if all(value == each[0] for value in each):
            common.append(_sentence(name, each[0]))
        elif _one_kind(each) and name not in WHOLE:
            columns |= _parameters_apart(name, each)
            common.append(_in_common(name, each))
        else:
            columns[_title(name)] = [_value(name, value) for value in each]
    rows = dict(zip(recipes, zip(*columns.values(), strict=True), strict=True)) if columns else {}
    return Protocol(tuple(common), tuple(columns), rows)


def _fields(recipes: Mapping[str, Json]) -> list[str]:
    """The fields of any of the recipes: those with a sentence in its order, then the others."""
    there = dict.fromkeys(name for recipe in recipes.values() for name in recipe)
    known = [name for name in SENTENCES if name in there]
    return known + [name for name in there if name not in SENTENCES and name not in SILENT]


def _sentence(name: str, value: Any) -> str:
    """What a field is in all conditions."""
    if name in SENTENCES:
        return SENTENCES[name].replace("{}", _value(name, value))
    return f"{_title(name).capitalize()}: {_value(name, value)}."


def _one_kind(each: Sequence[Any]) -> bool:
    """Whether a field holds one kind of thing in all conditions, with other parameters."""
    return isinstance(each[0], Mapping) and len({_kind(value) for value in each}) == 1


def _parameters_apart(name: str, each: Sequence[Json]) -> dict[str, list[str]]:
    """A column for each parameter in which conditions differ."""
    parts = [_parameters(value) for value in each]
    names = dict.fromkeys(key for part in parts for key in part)
    return {
        f"{_title(name)}: {_plain(key)}": [
            _short(part[key]) if key in part else ABSENT.get(key, "default") for part in parts
        ]
        for key in names
        if any(part.get(key) != parts[0].get(key) for part in parts)
    }


def _in_common(name: str, each: Sequence[Json]) -> str:
    """What is the same in a field in which conditions differ: its kind, the other parameters."""
    parts = [_parameters(value) for value in each]
    same = {k: v for k, v in parts[0].items() if all(part.get(k) == v for part in parts)}
    if name == "scores":
        said = f" ({_said(same)})" if same else ""
        return f"No network is trained; each run draws data and scores them{said}."
    if name == "settings":
        return f"Settings: {_said(same) or 'none in common'}; the rest differs by condition."
    what = _called(_kind(each[0]), same)
    return f"{_title(name).capitalize()}: {what}; the rest differs by condition."


def _kind(value: Any) -> str:
    if not isinstance(value, Mapping):
        return ""
    return str(value["name"] if "name" in value else value.get("is", ""))


def _parameters(value: Json) -> Json:
    """The parameters of a named thing, or the fields of a part."""
    if "name" in value and isinstance(value.get("parameters"), Mapping):
        found: Json = value["parameters"]
        return found
    return {name: item for name, item in value.items() if name != "is"}


def _title(name: str) -> str:
    return TITLES.get(name, _plain(name))


def _plain(name: str) -> str:
    return name.replace("_", " ")


def _value(name: str, value: Any) -> str:
    """A field's value as a phrase."""
    return UNSAID.get(name, "none") if value is None else PHRASES.get(name, _short)(value)


def _called(kind: str, parameters: Json) -> str:
    """A thing with its parameters: Adam (learning rate 0.001)."""
    said = _said(parameters)
    # A function of the user's own is named module:function.
    name = (NETWORKS | ORDERS | NOISE | STRATEGIES).get(kind, kind.rpartition(":")[2])
    return f"{name} ({said})" if said else name


def _said(parameters: Json) -> str:
    return ", ".join(f"{_plain(k)} {_short(v)}" for k, v in parameters.items() if v is not None)


def _short(value: Any) -> str:
    """A value in a cell."""
    if isinstance(value, Mapping):
        return _called(_kind(value), _parameters(value))
    if isinstance(value, list | tuple):
        return _listed(value)
    if value is None or isinstance(value, bool):
        return {None: "none", True: "yes", False: "no"}[value]
    if isinstance(value, int) and abs(value) >= 10_000:
        return f"{value:,}"
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _listed(values: Sequence[Any]) -> str:
    """The values of a list, up to `FEW`; lists within it in brackets."""
    said = [f"({_short(v)})" if isinstance(v, list | tuple) else _short(v) for v in values]
    return ", ".join(said if len(said) <= FEW else [*said[:FEW], "..."]) or "none"


def _dataset(name: str) -> str:
    return DATASETS.get(name, name)


def _split(split: Json) -> str:
    size, place = split.get("size", 0), split.get("where", "last")
    held = f"{size:,}" if isinstance(size, int) else f"{100 * size:g} %"
    part = PLACES.get(place, f"{{size}} ({place})").format(size=held)
    of = "in" if "each class" in part else "of"
    file = "test" if split.get("of") == "test" else "training"
    text = f"{part} {of} the {file} file for validation" if size else "nothing"
    text = "the data set's own validation part" if place == "given" else text
    if split.get("per_class") is not None:
        text += f" (trained on are the first {split['per_class']:,} of each class)"
    return text


def _preprocessing(steps: Sequence[str]) -> str:
    return ", then ".join(STEPS.get(step, step) for step in steps) or "used as they are"


def _model(model: Json) -> str:
    kind, parameters = _kind(model), dict(_parameters(model))
    if kind not in ("mlp", "linear"):
        return _called(kind, parameters)
    widths = parameters.pop("widths", None) or []
    activation = _short(parameters.pop("activation", "relu"))
    dropout = parameters.pop("dropout", None)
    text = "linear classifier (no hidden layer)"
    if widths:
        layers = "one hidden layer" if len(widths) == 1 else f"{len(widths)} hidden layers"
        units = " and ".join(map(_short, widths))
        text = f"multi-layer perceptron with {layers} of {units} units ({activation})"
    if widths and dropout:
        text += f", dropout {_short(dropout)} after {'each' if len(widths) > 1 else 'it'}"
    return ", ".join(filter(None, [text, _said(parameters)]))


def _order(order: Json) -> str:
    rest = dict(_parameters(order))
    if rest.get("classes") == "latin-square":
        rest["classes"] = "in another order for each seed, by a Latin square"
    return _called(_kind(order), rest)


def _label_noise(noise: Json) -> str:
    rest = dict(_parameters(noise))
    rate = rest.pop("rate", None)
    text = _called(_kind(noise), rest)
    return text if rate is None else f"{100 * rate:g} % {text}"


def _gaussian(noise: Json) -> str:
    return f"Gaussian, {_said(_parameters(noise))}"


def _scenario(scenario: Json) -> str:
    kind = scenario["kind"]
    active = f" (outputs {ACTIVE[scenario.get('active', 'seen')]})" if "class" in kind else ""
    return f"{SCENARIOS.get(kind, kind)}{active}"


def _replay(replay: Json) -> str:
    return f"from a buffer ({_said(_parameters(replay))})"


ABSENT = {"widths": "none", "by_column": "no", "shown": "new", "weights": "equal"}
ABSENT |= {"angles": "uniform", "first_plain": "no", "seed": "each run's own"}
"""What a parameter is that is not given, where that is clearer than to call it the default."""

UNSAID = {"precision": "float32"}
"""What a field is in recipes that leave it out, where that is not nothing."""

TITLES = {
    "dataset": "data set",
    "input_noise": "noise on the inputs",
    "label_noise": "wrong labels",
    "model": "network",
    "pretraining": "training before it",
    "split": "held out",
    "transfer": "taken over",
}
"""What fields are called, where not by their own name."""

PHRASES: Mapping[str, Callable[[Any], str]] = {
    "dataset": _dataset,
    "split": _split,
    "preprocessing": _preprocessing,
    "model": _model,
    "loss": lambda loss: _plain(loss) if isinstance(loss, str) else _short(loss),
    "order": _order,
    "label_noise": _label_noise,
    "input_noise": _gaussian,
    "replay": _replay,
    "scenario": _scenario,
    "settings": lambda settings: _said(settings) or "none were given",
}
"""How a field's value is said, where it is not written out by name and parameters."""

SENTENCES = {
    "dataset": "The data are {}.",
    "split": "Held out: {}.",
    "preprocessing": "Inputs: {}.",
    "augmented_copy": "Trained on beside the data is a copy of them: {}.",
    "model": "The network: {}.",
    "loss": "The loss is {}.",
    "class_weight": "What an example counts in the loss, class by class: {}.",
    "optimiser": "The optimiser is {}.",
    "lr_schedule": "The learning rate follows {}.",
    "batch_size": "Batches have {} examples.",
    "epochs": "Epochs: {}.",
    "early_stopping": "Training may stop early: {}.",
    "callbacks": "Keras callbacks take part: {}.",
    "order": "Examples are shown {}.",
    "scenario": "The scenario is {}.",
    "random_crop": "Images shown in training are random crops, with {} pixels of black around.",
    "precision": "The network computes in {}, its last layers in float32.",
    "reset_optimiser": "Whether the optimiser begins anew with each task: {}.",
    "label_noise": "Labels of the training part: {}.",
    "input_noise": "Noise on the inputs: {}.",
    "replay": "Earlier examples are replayed {}.",
    "strategy": "The learning rule is {}.",
    "pretraining": "A training on uncorrupted data comes first: {}.",
    "transfer": "A training of another network comes first: {}.",
    "scores": "No network is trained; each run draws data and scores them: {}.",
    "settings": "Settings: {}.",
}
"""The fields of a recipe in the order in which a reader needs them, each with its sentence."""
