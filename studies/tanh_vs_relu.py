"""Whether tanh or relu does better in one hidden layer on raw Fashion-MNIST pixels.

Experiments A2 and A3 of the notebook on tanh and relu, which compared two means over ten runs each
and made no test.
"""

from dataclasses import replace

from core import spec
from studies.baselines import ACTIVATIONS, linear
from studies.definition.study import Claim, Quick, Reported, Study

START = {"kernel_initializer": "random_normal", "bias_initializer": "random_normal"}

study = Study(
    name="tanh-vs-relu",
    question="Which performs better on raw Fashion-MNIST pixels, tanh or relu?",
    minutes=11,
    conditions={
        activation: replace(
            linear, model=spec("mlp", widths=(100,), activation=activation, **START)
        )
        for activation in ("tanh", "relu")
    },
    comparisons=(("tanh", "relu"),),
    reported=(
        Reported("tanh", "accuracy", 0.874, decimals=3, source=ACTIVATIONS),
        Reported("tanh", "test accuracy", 0.840, decimals=3, source=ACTIVATIONS),
        Reported("tanh", "test accuracy", 0.841, decimals=3, runs=10, source=ACTIVATIONS),
        Reported("relu", "test accuracy", 0.852, decimals=3, runs=10, source=ACTIVATIONS),
    ),
    claims=(Claim("relu does better than tanh", "test accuracy", greater="relu", smaller="tanh"),),
    quick=Quick(seeds=5, epochs=10, overrides={"optimiser.learning_rate": 1e-4}),
)
