"""What a linear classifier reaches on raw Fashion-MNIST pixels: the floor for what follows.

Experiment A1 of the notebook on tanh and relu.
"""

from core import Recipe, spec
from studies.definition.study import Quick, Reported, Study

NOTEBOOK = "notebook on tanh and relu"

linear = Recipe(
    dataset="fashion-mnist",
    model=spec("mlp", kernel_initializer="random_normal", bias_initializer="random_normal"),
    loss="categorical_crossentropy",
    optimiser=spec("Adam", learning_rate=1e-5),
    batch_size=32,
    epochs=100,
)

study = Study(
    name="linear-baseline",
    question="What accuracy does a linear classifier reach on raw Fashion-MNIST pixels?",
    minutes=3,
    conditions={"linear": linear},
    reported=(
        Reported(condition="linear", metric="accuracy", value=0.814, decimals=3, source=NOTEBOOK),
        Reported(
            condition="linear", metric="test accuracy", value=0.792, decimals=3, source=NOTEBOOK
        ),
    ),
    # Digits give 45 steps an epoch, a fortieth of the full study's: the rate makes up for it.
    quick=Quick(seeds=5, epochs=10, overrides={"optimiser.learning_rate": 1e-4}),
)
