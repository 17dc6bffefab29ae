"""What happens to one network: recipe, order, corruption, replay, training, its record."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from core.evaluation import Evaluation, EvaluationPlan
from core.examples.augmented_copies import AugmentedCopy
from core.examples.corruptions import Corruption
from core.examples.given_labels import GivenLabels
from core.examples.input_noise import GaussianNoise
from core.examples.label_noise import (
    ClassLabelNoise,
    Corrupted,
    LabelNoise,
    MatrixLabelNoise,
    SymmetricLabelNoise,
    UniformLabelNoise,
    flips,
)
from core.examples.splits import HoldOut, Split
from core.overrides import replaced
from core.recipe import Pretraining, Recipe, Transfer
from core.record import Record
from core.schedule.buffers import Buffer
from core.schedule.orders import Blocks, Blurred, ClassSequential, Order, Schedule, Shuffled, Tasks
from core.schedule.replay import Replay, Replayed
from core.spec import Spec, named, spec
from core.storage.store import Store
from core.strategies.base import Strategy
from core.training.environment import environment, fingerprint
from core.training.settings import check_backend

if TYPE_CHECKING:
    from core.training.trainer import Trainer

__all__ = [
    "AugmentedCopy",
    "Blocks",
    "Blurred",
    "Buffer",
    "ClassLabelNoise",
    "ClassSequential",
    "Corrupted",
    "Corruption",
    "Evaluation",
    "EvaluationPlan",
    "GaussianNoise",
    "GivenLabels",
    "HoldOut",
    "LabelNoise",
    "MatrixLabelNoise",
    "Order",
    "Pretraining",
    "Recipe",
    "Record",
    "Replay",
    "Replayed",
    "Schedule",
    "Shuffled",
    "Spec",
    "Split",
    "Store",
    "Strategy",
    "SymmetricLabelNoise",
    "Tasks",
    "Trainer",
    "Transfer",
    "UniformLabelNoise",
    "environment",
    "fingerprint",
    "flips",
    "named",
    "replaced",
    "spec",
]


def __getattr__(name: str) -> Any:
    """Import the trainer, and with it TensorFlow, when it is first asked for."""
    if name == "Trainer":
        check_backend()
        return import_module("core.training.trainer").Trainer
    raise AttributeError(f"module 'core' has no attribute {name!r}")
