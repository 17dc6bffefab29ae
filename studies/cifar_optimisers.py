"""RMSprop or Adagrad for a ResNet50 on CIFAR-10?

Experiment E3: ResNet50 from random weights, 512 relu units, softmax; raw pixels, batch 32,
5 epochs, both optimisers with Keras' own settings. Reported from one run each.

A run on all of CIFAR-10 takes a core about an hour: `--set split.per_class=500` trains on a tenth
of it.
"""

from core import Recipe, spec
from studies.definition.study import Claim, Quick, Reported, Study

NOTEBOOK = "notebook on optimisers"


def trained_with(optimiser: str) -> Recipe:
    """The notebook's training with this optimiser."""
    return Recipe(
        dataset="cifar10",
        model=spec("resnet50"),
        optimiser=spec(optimiser),
        batch_size=32,
        epochs=5,
    )


study = Study(
    name="cifar-optimisers",
    question="Does a ResNet50 learn CIFAR-10 better with Adagrad than with RMSprop?",
    minutes=390,
    conditions={"rmsprop": trained_with("RMSprop"), "adagrad": trained_with("Adagrad")},
    seeds=5,
    shown=("accuracy", "test loss"),
    comparisons=(("adagrad", "rmsprop"),),
    reported=(
        Reported("rmsprop", "test accuracy", 0.4145, decimals=4, source=NOTEBOOK),
        Reported("adagrad", "test accuracy", 0.5829, decimals=4, source=NOTEBOOK),
    ),
    claims=(Claim("Adagrad is better", "test accuracy", greater="adagrad", smaller="rmsprop"),),
    quick=Quick(seeds=1, dataset="digits-colour", epochs=1, overrides={"split.per_class": 20}),
)
