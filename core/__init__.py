"""What happens to one network: recipe, order, training, and the record it leaves."""

from typing import TYPE_CHECKING, Any

from core.environment import environment, fingerprint
from core.evaluation import Evaluation, EvaluationPlan
from core.named import Named, named
from core.order import Blocks, Blurred, ClassSequential, Order, Schedule, Shuffled, Tasks
from core.recipe import Recipe, replaced
from core.record import Record
from core.split import HoldOut, Split
from core.store import Store

if TYPE_CHECKING:
    from core.trainer import Trainer

__all__ = [
    "Blocks",
    "Blurred",
    "ClassSequential",
    "Evaluation",
    "EvaluationPlan",
    "HoldOut",
    "Named",
    "Order",
    "Recipe",
    "Record",
    "Schedule",
    "Shuffled",
    "Split",
    "Store",
    "Tasks",
    "Trainer",
    "environment",
    "fingerprint",
    "named",
    "replaced",
]


def __getattr__(name: str) -> Any:
    """Import the trainer, and with it TensorFlow, when it is first asked for."""
    if name == "Trainer":
        from core.trainer import Trainer

        return Trainer
    raise AttributeError(f"module 'core' has no attribute {name!r}")
