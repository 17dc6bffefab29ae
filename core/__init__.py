"""What happens to one network: recipe, order, corruption, replay, training, its record.

Importing this package loads nothing that is heavy: each name loads its module when it is first used
(PEP 562), the trainer TensorFlow with it.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

# Not when it is first used: the module has the function's name, and would be found in its place.
from core.spec import Spec, named, spec

if TYPE_CHECKING:
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
    from core.examples.scenarios import Scenario
    from core.examples.splits import HoldOut, Split
    from core.overrides import replaced
    from core.recipe import Pretraining, Recipe, Transfer
    from core.record import Record
    from core.schedule.buffers import Buffer
    from core.schedule.domains import Domains
    from core.schedule.orders import Blocks, Blurred, ClassSequential, Order, Schedule, Shuffled
    from core.schedule.replay import Replay, Replayed
    from core.schedule.tasks import Tasks
    from core.storage.store import Store
    from core.strategies.base import Strategy
    from core.strategies.distillation import ICaRL, LwF
    from core.strategies.penalties import EWC, MAS, SI, L2Penalty, OnlineEWC
    from core.strategies.projection import AGEM, GEM
    from core.strategies.stored_logits import DER
    from core.training.environment import environment, fingerprint
    from core.training.trainer import Trainer

__all__ = [
    "AGEM",
    "DER",
    "EWC",
    "GEM",
    "MAS",
    "SI",
    "AugmentedCopy",
    "Blocks",
    "Blurred",
    "Buffer",
    "ClassLabelNoise",
    "ClassSequential",
    "Corrupted",
    "Corruption",
    "Domains",
    "Evaluation",
    "EvaluationPlan",
    "GaussianNoise",
    "GivenLabels",
    "HoldOut",
    "ICaRL",
    "L2Penalty",
    "LabelNoise",
    "LwF",
    "MatrixLabelNoise",
    "OnlineEWC",
    "Order",
    "Pretraining",
    "Recipe",
    "Record",
    "Replay",
    "Replayed",
    "Scenario",
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


_MODULE_OF = {
    "AGEM": "strategies.projection",
    "DER": "strategies.stored_logits",
    "EWC": "strategies.penalties",
    "GEM": "strategies.projection",
    "MAS": "strategies.penalties",
    "SI": "strategies.penalties",
    "AugmentedCopy": "examples.augmented_copies",
    "Blocks": "schedule.orders",
    "Blurred": "schedule.orders",
    "Buffer": "schedule.buffers",
    "ClassLabelNoise": "examples.label_noise",
    "ClassSequential": "schedule.orders",
    "Corrupted": "examples.label_noise",
    "Corruption": "examples.corruptions",
    "Domains": "schedule.domains",
    "Evaluation": "evaluation",
    "EvaluationPlan": "evaluation",
    "GaussianNoise": "examples.input_noise",
    "GivenLabels": "examples.given_labels",
    "HoldOut": "examples.splits",
    "ICaRL": "strategies.distillation",
    "L2Penalty": "strategies.penalties",
    "LabelNoise": "examples.label_noise",
    "LwF": "strategies.distillation",
    "MatrixLabelNoise": "examples.label_noise",
    "OnlineEWC": "strategies.penalties",
    "Order": "schedule.orders",
    "Pretraining": "recipe",
    "Recipe": "recipe",
    "Record": "record",
    "Replay": "schedule.replay",
    "Replayed": "schedule.replay",
    "Scenario": "examples.scenarios",
    "Schedule": "schedule.orders",
    "Shuffled": "schedule.orders",
    "Split": "examples.splits",
    "Store": "storage.store",
    "Strategy": "strategies.base",
    "SymmetricLabelNoise": "examples.label_noise",
    "Tasks": "schedule.tasks",
    "Trainer": "training.trainer",
    "Transfer": "recipe",
    "UniformLabelNoise": "examples.label_noise",
    "environment": "training.environment",
    "fingerprint": "training.environment",
    "flips": "examples.label_noise",
    "replaced": "overrides",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if name == "Trainer":
        import_module("core.training.settings").check_backend()
    return getattr(import_module(f"{__name__}.{_MODULE_OF[name]}"), name)


def __dir__() -> list[str]:
    return [*globals(), *__all__]
