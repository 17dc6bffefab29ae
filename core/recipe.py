"""The recipe: the frozen, typed description of one training."""

import dataclasses
import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from core.checks import Checked, Count
from core.code_identity import source
from core.evaluation import EvaluationPlan
from core.examples.augmented_copies import AugmentedCopy
from core.examples.given_labels import GivenLabels
from core.examples.input_noise import GaussianNoise
from core.examples.label_noise import (
    ClassLabelNoise,
    LabelNoise,
    MatrixLabelNoise,
    SymmetricLabelNoise,
    UniformLabelNoise,
)
from core.examples.scenarios import Scenario
from core.examples.splits import HoldOut
from core.models import builder
from core.numerics import numerics
from core.refusals import refuse_unfitting
from core.schedule.domains import Domains
from core.schedule.orders import Blocks, Blurred, ClassSequential, Order, Shuffled
from core.schedule.replay import Replay
from core.schedule.tasks import InTasks, Tasks
from core.spec import Spec, resolve, spec
from core.stored_names import to_stored
from core.strategies.base import Strategy
from core.strategies.distillation import ICaRL, LwF
from core.strategies.penalties import EWC, MAS, SI, L2Penalty, OnlineEWC
from core.strategies.projection import AGEM, GEM
from core.strategies.stored_logits import DER
from data import InputError
from data.errors import shown

# What may stand in a recipe's fields, by the name it has in JSON.
ORDERS = (Shuffled, ClassSequential, Blurred, Blocks, Tasks, Domains)
LABEL_NOISE = (SymmetricLabelNoise, UniformLabelNoise, ClassLabelNoise, MatrixLabelNoise)
STRATEGIES = (L2Penalty, EWC, OnlineEWC, SI, MAS, DER, AGEM, GEM, LwF, ICaRL)


@dataclass(frozen=True, kw_only=True)
class Pretraining:
    """A training on undamaged data that comes first, with the recipe's other settings.

    The training proper starts from its weights, with a fresh optimiser.

    Args:
        epochs: Of the training that comes first.
        early_stopping: Of that training, see `Recipe`.

    Examples:
        >>> from core import Pretraining, Recipe, SymmetricLabelNoise, spec
        >>> recipe = Recipe(dataset="digits", model=spec("mlp", widths=(20,)),
        ...                 label_noise=SymmetricLabelNoise(0.2), pretraining=Pretraining(epochs=5))
        >>> recipe.pretraining
        Pretraining(epochs=5, early_stopping=None)
    """

    epochs: int
    early_stopping: Spec | None = None


@dataclass(frozen=True, kw_only=True)
class Transfer:
    """A training of another network on other data that comes first, with the same seed.

    The training proper starts from the weights of the layers that both networks have by the same
    names; its other layers and its optimiser are fresh.

    Args:
        source: What is trained first: a recipe of its own, without another one before it.
        layers: Names of the layers that are taken over.

    Examples:
        >>> from core import Recipe, Transfer, spec
        >>> source = Recipe(dataset="digits", model=spec("mlp", widths=(20,)), epochs=5)
        >>> recipe = Recipe(dataset="digits", model=spec("mlp", widths=(20,)),
        ...                 transfer=Transfer(source=source, layers=("hidden-1",)))
        >>> recipe.transfer.source.epochs
        5
    """

    source: "Recipe"
    layers: tuple[str, ...]

    def __post_init__(self) -> None:
        """Refuse what cannot be taken over."""
        if not isinstance(self.source, Recipe) or self.source.before is not None:
            raise InputError(
                f"Received source={self.source!r}; expected a Recipe without a training before it."
            )
        names = self.layers if isinstance(self.layers, tuple) else ()
        if not names or not all(isinstance(name, str) for name in names):
            raise InputError(
                f"Received layers={self.layers!r}; expected a tuple of at least one layer's name."
            )


PARTS: dict[str, type[Any]] = {
    part.__name__: part
    for part in (
        *(HoldOut, *ORDERS, *LABEL_NOISE, GivenLabels, GaussianNoise, AugmentedCopy, Replay),
        *(*STRATEGIES, Pretraining, Transfer, EvaluationPlan, Spec, Scenario),
    )
}


@dataclass(frozen=True, kw_only=True)
class Recipe(Checked):
    """Everything that decides a training's result, but the seed and the data themselves.

    Examples:
        >>> from core import Recipe, spec
        >>> recipe = Recipe(dataset="digits", model=spec("mlp", widths=(20,)), epochs=2)
        >>> Recipe.from_json(recipe.to_json()) == recipe
        True
    """

    dataset: str
    """A data set's name, or a path that ends in .npz."""
    model: Spec
    """A builder (see `core.models`) with its parameters."""
    split: HoldOut = field(default_factory=HoldOut)
    """What is held out for validation."""
    preprocessing: tuple[str, ...] = ()
    """Steps from `core.examples.preprocessing`, from left to right."""
    loss: str | Spec = "sparse_categorical_crossentropy"
    """A Keras loss by name; its class with parameters, as `spec("CategoricalCrossentropy",
    label_smoothing=.1)`; or a function or `keras.losses.Loss` of one's own. One whose name begins
    with "sparse" is given labels, any other one-hot rows."""
    optimiser: Spec = field(default_factory=lambda: spec("Adam"))
    """A Keras optimiser by its Keras name."""
    lr_schedule: Spec | None = None
    """A Keras learning-rate schedule, `OneCycle`, or the callback `ReduceLROnPlateau`; lengths in
    steps, or from above 0 to 1.0 as shares of the training (see `core.training.lr_schedules`)."""
    early_stopping: Spec | None = None
    """The Keras callback `EarlyStopping` with its parameters."""
    callbacks: tuple[Spec, ...] = field(default=(), metadata={"left out": ()})
    """Further Keras callbacks by name, or classes of one's own, which may change the training.
    Called at the ends of epochs and of the training; of files that they write, `{seed}` in a
    parameter becomes the run's."""
    class_weight: tuple[float, ...] | None = field(default=None, metadata={"left out": None})
    """For each class what an example of it counts in the loss, as in Keras' `fit`."""
    order: Order = field(default_factory=Shuffled)
    """Which examples the network sees when; sorted by their true labels where some are wrong."""
    label_noise: LabelNoise | GivenLabels | None = None
    """Which labels of the training part are wrong."""
    input_noise: GaussianNoise | None = None
    """Noise on the inputs, in the units after preprocessing."""
    augmented_copy: AugmentedCopy | None = None
    """A changed copy of the training part, appended to it before training."""
    random_crop: Count | None = field(default=None, metadata={"left out": None})
    """Each time that an image is shown in training, so many pixels of black are put around it and
    a random part of the size that it had is shown, anew in every epoch."""
    replay: Replay | None = None
    """A buffer of examples shown before, mixed into the order."""
    pretraining: Pretraining | None = None
    """A training on undamaged data that comes first."""
    transfer: Transfer | None = None
    """A training of another network on other data that comes first."""
    epochs: Count = 20
    batch_size: Count = 32
    evaluation: EvaluationPlan = field(default_factory=EvaluationPlan)
    """What is measured when."""
    # Left out of the JSON of plain training, as recipes were before there was this field.
    strategy: Strategy | None = field(default=None, metadata={"left out": None})
    """A learning rule beside plain training, see `core.strategies`."""
    scenario: Scenario | None = field(default=None, metadata={"left out": None})
    """What the network is told of the tasks of its order, see `core.examples.scenarios`."""
    reset_optimiser: bool = field(default=False, metadata={"left out": False})
    """Whether the optimiser's state, and with it its schedule, begins anew with each task."""
    precision: Literal["float32", "mixed_bfloat16"] = field(
        default="float32", metadata={"left out": "float32"}
    )
    """What the network computes in: Keras' dtype policy of its layers but for the last ones, whose
    logits and softmax stay in float32, as do all weights."""
    compiler: Literal["auto", "xla", "graph", "graph+xla"] = "auto"
    """How the training loop is compiled: by XLA, in graph mode, or in graph mode with the
    optimiser's step by XLA; `auto` decides by the layers and the number of weights."""

    def __post_init__(self) -> None:
        """Refuse what cannot be trained, before anything is."""
        super().__post_init__()
        for name, kinds in KINDS.items():
            value = getattr(self, name)
            if not isinstance(value, kinds):
                names = " or ".join(kind.__name__ for kind in kinds if kind is not type(None))
                raise InputError(
                    f"Received {name}={shown(value)}; expected {LINES.get(name, names)}."
                )
        noisy = self.label_noise is not None and self.scenario is None
        object.__setattr__(self, "evaluation", self.evaluation.by_default(parts=noisy))
        refuse_unfitting(self)

    @property
    def datasets(self) -> tuple[str, ...]:
        """The names of the data set and, with a transfer, of its source's."""
        return (self.dataset, *(self.transfer.source.datasets if self.transfer else ()))

    @property
    def before(self) -> "Recipe | None":
        """The recipe of the training that comes first."""
        if self.transfer is not None:
            return self.transfer.source
        return None if self.pretraining is None else self.clean()

    @property
    def rule(self) -> Strategy | None:
        """How it is learned from logits: the strategy; plain training with a scenario alone."""
        plain = Strategy() if self.scenario is not None else None
        return plain if self.strategy is None else self.strategy

    @property
    def scores_by_state(self) -> bool:
        """Whether its strategy predicts by what it keeps, not by the network's outputs alone."""
        return self.strategy is not None and self.strategy.overrides("scores")

    def outputs(self, classes: int) -> int:
        """How many outputs the network has, for data of so many classes."""
        if self.scenario is None or not isinstance(self.order, InTasks):
            return classes
        return self.scenario.outputs(self.order.classes_by_task(classes))

    def classes(self, classes: int) -> int:
        """How many classes the order divides, for data of so many: of `Domains` each task's own."""
        return classes * self.order.number if isinstance(self.order, Domains) else classes

    def clean(self) -> "Recipe":
        """The recipe of the pretraining."""
        assert self.pretraining is not None
        return dataclasses.replace(
            self,
            label_noise=None,
            input_noise=None,
            pretraining=None,
            strategy=None,
            callbacks=(),
            epochs=self.pretraining.epochs,
            early_stopping=self.pretraining.early_stopping,
            evaluation=dataclasses.replace(
                self.evaluation, segments=False, at_end=(), measurements=()
            ),
        )

    def to_json(self) -> dict[str, Any]:
        """The recipe as JSON types. Fields that are None are left out."""
        return {name: _encode(value) for name, value in _written(self).items() if value is not None}

    @classmethod
    def from_json(cls, text: Mapping[str, Any]) -> "Recipe":
        """The recipe that `to_json` wrote."""
        return cls(**{name: _decode(value) for name, value in text.items()})

    def digest(self, code_of: Callable[[Callable[..., Any]], str] = source) -> str:
        """What tells this recipe from others, 64 hex digits.

        The hash of its JSON, with the names it is stored by; of the source of a user's own parts;
        of labels from a file; of a transfer's source; and of what was corrected since in what it
        computes.

        Args:
            code_of: The text that a function's code is told apart by.
        """
        text = json.dumps(to_stored(self.to_json()), sort_keys=True)
        text += "".join(map(code_of, self.own_code()))
        if isinstance(self.label_noise, GivenLabels):
            text += self.label_noise.digest()
        if self.transfer is not None:
            text += self.transfer.source.digest(code_of)
        if (latest := numerics(self)) > 1:
            text += f"numerics {latest}"
        return hashlib.sha256(text.encode()).hexdigest()

    def own_code(self) -> list[Callable[..., Any]]:
        """The user's own builder, loss, callbacks and strategy, where the recipe names such."""
        own: list[Callable[..., Any]] = []
        if ":" in self.model.name:
            own.append(builder(self.model.name))
        parts = (self.loss, self.optimiser, self.lr_schedule, *self.callbacks)
        named = [each for each in parts if isinstance(each, Spec)]
        own += [resolve(each.name) for each in named if ":" in each.name]
        if self.strategy is not None and type(self.strategy) not in PARTS.values():
            own.append(type(self.strategy))
        return own

    def key(self, seed: int, *checksums: str, digest: str | None = None) -> str:
        """The identity of a run, 16 hex digits.

        Args:
            seed: The run's number.
            checksums: Of the data set and, with a transfer, of its source's.
            digest: The recipe's, where it is known: it reads a user's code anew.
        """
        text = " ".join((digest or self.digest(), str(seed), *checksums))
        return hashlib.sha256(text.encode()).hexdigest()[:16]


PARTS["Recipe"] = Recipe

KINDS: dict[str, tuple[type, ...]] = {
    "dataset": (str,),
    "model": (Spec,),
    "split": (HoldOut,),
    "preprocessing": (tuple,),
    "loss": (str, Spec),
    "optimiser": (Spec,),
    "lr_schedule": (Spec, type(None)),
    "early_stopping": (Spec, type(None)),
    "callbacks": (tuple,),
    "class_weight": (tuple, type(None)),
    "order": ORDERS,
    "label_noise": (*LABEL_NOISE, GivenLabels, type(None)),
    "input_noise": (GaussianNoise, type(None)),
    "augmented_copy": (AugmentedCopy, type(None)),
    "replay": (Replay, type(None)),
    "pretraining": (Pretraining, type(None)),
    "transfer": (Transfer, type(None)),
    "strategy": (Strategy, type(None)),
    "scenario": (Scenario, type(None)),
    "evaluation": (EvaluationPlan,),
}
"""What each field holds, but for the plain numbers and choices."""
LINES = {
    "dataset": "the name of a data set, or the path of a .npz file: for arrays "
    'numpy.savez("mine.npz", x_train=..., y_train=..., x_test=..., y_test=...), then '
    'dataset="mine.npz"',
    "model": 'a network by its name, as in spec("mlp", widths=(100,)), or a function that builds '
    "it anew for each seed: def build(shape, classes): return keras.Sequential([...]), then "
    "model=spec(build)",
}
"""The line that works, where people give the thing itself."""


def _encode(value: Any) -> Any:
    kind = _name(value)
    if kind is not None:
        return {"is": kind} | {name: _encode(item) for name, item in _written(value).items()}
    if isinstance(value, Mapping):
        return {name: _encode(item) for name, item in value.items()}
    return [_encode(item) for item in value] if isinstance(value, tuple | list) else value


def _written(part: Any) -> dict[str, Any]:
    """The fields of a part, without those at the value that all had before they were there."""
    values = {item: getattr(part, item.name) for item in dataclasses.fields(part)}
    return {
        item.name: value
        for item, value in values.items()
        # By the type too: 0 is equal to False, and is written.
        if "left out" not in item.metadata
        or type(value) is not type(item.metadata["left out"])
        or value != item.metadata["left out"]
    }


def _name(part: Any) -> str | None:
    """By what name a part stands in JSON: its class, of a user's own strategy with its module."""
    kind = type(part)
    if kind in PARTS.values():
        return kind.__name__
    return spec(kind).name if isinstance(part, Strategy) else None


def _decode(value: Any) -> Any:
    if isinstance(value, Mapping):
        fields = {name: _decode(item) for name, item in value.items() if name != "is"}
        if "is" not in value:
            return fields
        kind = value["is"]
        return (PARTS[kind] if kind in PARTS else resolve(kind))(**fields)
    return tuple(map(_decode, value)) if isinstance(value, list) else value
