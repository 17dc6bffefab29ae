"""What the learning rate does to forgetting, when every epoch shows one class after the other.

Experiment C4 of the notebook on catastrophic forgetting: its class-sequential run (C3) with larger
and smaller learning rates. The notebook gives no figures.
"""

from dataclasses import replace

from core import spec
from studies.baselines import class_sequential
from studies.definition.study import Claim, Quick, Study

RATES = (1e-4, 3e-4, 1e-3, 3e-3, 1e-2)

study = Study(
    name="learning-rate",
    question="Does a smaller learning rate forget less, and what does it cost in learning?",
    minutes=14,
    conditions={
        f"rate-{rate:g}": replace(class_sequential, optimiser=spec("Adam", learning_rate=rate))
        for rate in RATES
    },
    shown=("mean learned", "mean drop"),
    trade_off=("mean learned", "mean drop"),
    comparisons=tuple((f"rate-{rate:g}", "rate-0.001") for rate in RATES if rate != 1e-3),
    claims=(
        Claim("a larger rate is worse", "test accuracy", greater="rate-0.001", smaller="rate-0.01"),
        Claim("a smaller rate helps", "test accuracy", greater="rate-0.0001", smaller="rate-0.001"),
        Claim(
            "with a smaller rate learning is slow: less is known just after a class's segment",
            "mean learned",
            greater="rate-0.001",
            smaller="rate-0.0001",
        ),
    ),
    quick=Quick(seeds=3, epochs=5, overrides={"batch_size": 5}),
)
