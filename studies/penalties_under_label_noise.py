"""Do penalties still protect what was learned when a fifth of the labels is wrong?

No package answers this: a penalty holds weights by how much the training labels depended on them,
wrong ones included. Split MNIST as in the study `split-mnist`, task-incremental, where penalties
help; a wrong label is that of the task's other digit. Tests have true labels.

Asked is whether a penalty's gain over fine-tuning is another with wrong labels than without: the
interaction of the two, in points of average accuracy. Strengths are those of clean labels: a
network fits wrong labels less well, so that its gradients, and with them the importances, are
larger, and one strength holds more.
"""

from dataclasses import replace
from typing import Any

from core import EWC, MAS, SI, SymmetricLabelNoise
from studies.baselines import IN_PAIRS, split_mnist_in
from studies.definition.study import Interaction, Quick, Study

plain = split_mnist_in("task")
METHODS: dict[str, dict[str, Any]] = {
    "fine-tuning": {},
    "EWC": {"strategy": EWC(strength=100, fisher="predicted")},
    "SI": {"strategy": SI(strength=300)},
    "MAS": {"strategy": MAS(strength=1, batch=128)},
    "joint": {"order": IN_PAIRS.joint(), "epochs": 4},
}
clean = {name: replace(plain, **changes) for name, changes in METHODS.items()}
noisy = {
    f"{name}-noise": replace(recipe, label_noise=SymmetricLabelNoise(0.2))
    for name, recipe in clean.items()
}

study = Study(
    name="penalties-under-label-noise",
    question="Do penalties still protect what was learned when a fifth of the labels is wrong?",
    minutes=14,
    conditions={**clean, **noisy},
    primary="tasks: average accuracy",
    shown=("tasks: mean forgetting_max_minus_last", "tasks: learning accuracy"),
    comparisons=tuple(
        (f"{name}{end}", f"fine-tuning{end}")
        for end in ("", "-noise")
        for name in ("EWC", "SI", "MAS")
    ),
    interactions=tuple(
        Interaction(
            a="wrong labels",
            b=name,
            neither="fine-tuning",
            only_a="fine-tuning-noise",
            only_b=name,
            both=f"{name}-noise",
        )
        for name in ("EWC", "SI", "MAS")
    ),
    quick=Quick(seeds=3, epochs=0.5, overrides={"batch_size": 16}),
)
