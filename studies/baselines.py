"""What several studies share: recipes of the notebooks that are redone here, and their names.

A study changes one thing in one of these. Notebooks are cited by what they are about.
"""

from dataclasses import replace
from typing import Any

from core import ClassSequential, EvaluationPlan, HoldOut, Recipe, Replay, Scenario, Tasks, spec

FORGETTING = "notebook on catastrophic forgetting"
NOISE_AND_WIDTH = "notebook on noise and width"
ACTIVATIONS = "notebook on tanh and relu"
DEEPER_NETWORKS = "notebook on deeper networks"
"""Sources of what is reported."""

STOPPED_EARLY = spec("EarlyStopping", monitor="val_loss", patience=20, restore_best_weights=True)
"""Where the notebook on noise and width stops."""
SETS_BY_LABEL = (
    "test",
    "validation",
    "train-clean",
    "train-corrupted",
    "train-corrupted-true-labels",
)
"""What is evaluated where labels are wrong: the training part by whether its labels are."""

shuffled = Recipe(
    dataset="mnist",
    split=HoldOut(size=0.1, where="last-of-each-class"),
    preprocessing=("scale", "subtract-mean-image"),
    model=spec("mlp", widths=(150, 100), activation="relu", dropout=0.5),
    loss="categorical_crossentropy",
    optimiser=spec("Adam", learning_rate=1e-3),
    batch_size=100,
    epochs=20,
    evaluation=EvaluationPlan(segments=True),
)
"""MNIST in random order: experiment C2 of the notebook on forgetting."""

class_sequential = replace(shuffled, order=ClassSequential())
"""The same, one class after the other in every epoch: experiment C3."""

linear = Recipe(
    dataset="fashion-mnist",
    model=spec("mlp", kernel_initializer="random_normal", bias_initializer="random_normal"),
    loss="categorical_crossentropy",
    optimiser=spec("Adam", learning_rate=1e-5),
    batch_size=32,
    epochs=100,
)
"""A linear classifier of raw Fashion-MNIST pixels: experiment A1 of the notebook on activations."""

two_layers = Recipe(
    dataset="fashion-mnist",
    split=HoldOut(size=5000, where="first"),
    preprocessing=("standardise",),
    model=spec(
        "mlp",
        widths=(300, 100),
        activation="LeakyReLU",
        kernel_initializer="he_normal",
        output_initializer="glorot_uniform",
    ),
    optimiser=spec("SGD", learning_rate=1e-3),
    batch_size=32,
    epochs=5,
)
"""784-300-100-10 on standardised Fashion-MNIST: B1 of the notebook on deeper networks."""


IN_PAIRS = Tasks(groups=((0, 1), (2, 3), (4, 5), (6, 7), (8, 9)), epochs_each=4)
"""Ten classes in five tasks."""
SCENARIOS: tuple[Any, ...] = ("task", "domain", "class")

split_mnist = Recipe(
    dataset="mnist",
    model=spec("mlp", widths=(400, 400), kernel_initializer="torch", bias_initializer="torch"),
    preprocessing=("pad-2", "scale", "normalise"),
    order=IN_PAIRS,
    scenario=Scenario("class"),
    optimiser=spec("TorchAdam", learning_rate=1e-3),
    epochs=20,
    batch_size=128,
    evaluation=EvaluationPlan(sets=("test-tasks",)),
)
"""Plain training on Split MNIST, class-incremental, as Hsu et al. (2018) have it."""


def split_mnist_in(scenario: Any) -> Recipe:
    """Split MNIST in a scenario; heads of their own count Adam's steps each for itself."""
    adam, own = split_mnist.optimiser, {"by_column": True} if scenario == "task" else {}
    optimiser = spec(adam.name, **adam.parameters, **own)
    return replace(split_mnist, scenario=Scenario(scenario), optimiser=optimiser)


def with_widths(*widths: int) -> Recipe:
    """Fashion-MNIST, a network with these hidden layers: D4 of the notebook on noise and width."""
    return Recipe(
        dataset="fashion-mnist",
        split=HoldOut(size=2000, of="test"),
        preprocessing=("scale",),
        model=spec("mlp", widths=widths, activation="relu"),
        optimiser=spec("Adam", learning_rate=1e-3),
        batch_size=32,
        epochs=50,
    )


def with_replay(recipe: Recipe, replay: Replay) -> Recipe:
    """The recipe with replay and as many fewer epochs as keep the compute the same."""
    return replace(recipe, replay=replay, epochs=round(recipe.epochs * (1 - replay.fraction)))
