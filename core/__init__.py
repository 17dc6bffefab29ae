"""What happens to one network: recipe, order, corruption, replay, training, its record."""

from typing import TYPE_CHECKING, Any

from core.augmented_copy import AugmentedCopy
from core.damage import Damage
from core.environment import environment, fingerprint
from core.evaluation import Evaluation, EvaluationPlan
from core.input_noise import GaussianNoise
from core.label_noise import (
    ConfusedLabels,
    Corrupted,
    LabelNoise,
    RedrawnLabels,
    WrongLabels,
    WrongLabelsByClass,
    flips,
)
from core.memory import Memory
from core.named import Named, named
from core.order import Blocks, Blurred, ClassSequential, Order, Schedule, Shuffled, Tasks
from core.recipe import Pretraining, Recipe, Transfer, replaced
from core.record import Record
from core.replay import Replay, Replayed
from core.split import HoldOut, Split
from core.store import Store

if TYPE_CHECKING:
    from core.trainer import Trainer

__all__ = [
    "AugmentedCopy",
    "Blocks",
    "Blurred",
    "ClassSequential",
    "ConfusedLabels",
    "Corrupted",
    "Damage",
    "Evaluation",
    "EvaluationPlan",
    "GaussianNoise",
    "HoldOut",
    "LabelNoise",
    "Memory",
    "Named",
    "Order",
    "Pretraining",
    "Recipe",
    "Record",
    "RedrawnLabels",
    "Replay",
    "Replayed",
    "Schedule",
    "Shuffled",
    "Split",
    "Store",
    "Tasks",
    "Trainer",
    "Transfer",
    "WrongLabels",
    "WrongLabelsByClass",
    "environment",
    "fingerprint",
    "flips",
    "named",
    "replaced",
]


def __getattr__(name: str) -> Any:
    """Import the trainer, and with it TensorFlow, when it is first asked for."""
    if name == "Trainer":
        from core.trainer import Trainer

        return Trainer
    raise AttributeError(f"module 'core' has no attribute {name!r}")
