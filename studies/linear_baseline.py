"""What a linear classifier reaches on raw Fashion-MNIST pixels: the floor for what follows.

Experiment A1 of the notebook on tanh and relu.
"""

from studies.baselines import ACTIVATIONS, linear
from studies.definition.study import Quick, Reported, Study

study = Study(
    name="linear-baseline",
    question="What accuracy does a linear classifier reach on raw Fashion-MNIST pixels?",
    minutes=3,
    conditions={"linear": linear},
    reported=(
        Reported("linear", "accuracy", 0.814, decimals=3, source=ACTIVATIONS),
        Reported("linear", "test accuracy", 0.792, decimals=3, source=ACTIVATIONS),
    ),
    # Digits give 45 steps an epoch, a fortieth of the full study's: the rate makes up for it.
    quick=Quick(seeds=5, epochs=10, overrides={"optimiser.learning_rate": 1e-4}),
)
