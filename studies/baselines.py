"""What several studies share: recipes of the notebooks that are redone here, and their names.

A study changes one thing in one of these. Notebooks are cited by what they are about.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from core import (
    AGEM,
    DER,
    GEM,
    SI,
    ClassSequential,
    Domains,
    EvaluationPlan,
    HoldOut,
    OnlineEWC,
    Recipe,
    Replay,
    Scenario,
    Tasks,
    spec,
)
from studies.definition.study import Quick

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


DOMAINS = Recipe(
    dataset="mnist",
    model=spec("mlp", widths=(100, 100)),
    preprocessing=("scale",),
    order=Domains(kind="rotated", number=20),
    scenario=Scenario("domain"),
    optimiser=spec("SGD", learning_rate=0.2),
    epochs=20,
    batch_size=128,
    evaluation=EvaluationPlan(sets=("test-tasks",), task_examples=2000),
)
"""Plain training on twenty tasks of all of MNIST, as Buzzega et al. (2020) have it."""


def by_sgd(recipe: Recipe, rate: float, clip: float | None = None, **changes: Any) -> Recipe:
    """A recipe by SGD at another rate, each entry of the gradient cut at `clip`, and changed."""
    cut = {} if clip is None else {"clipvalue": clip}
    return replace(recipe, optimiser=spec("SGD", learning_rate=rate, **cut), **changes)


class OfMemory(NamedTuple):
    """What a memory of one size is used with: SGD's rates, DER's alpha, DER++'s alpha and beta."""

    agem: float
    der: float
    plus: float
    weights: tuple[float, float]


def methods_in_domains(
    kind: Any, si: float, gem: float, memories: Mapping[int, OfMemory]
) -> dict[str, Recipe]:
    """What permuted, or rotated, tasks are learned by, with SI's strength and GEM's rate.

    The rates and parameters of Mammoth's utils/best_args.py (aimagelab, Buzzega et al. 2020).
    """
    order = Domains(kind=kind, number=20)
    plain = replace(DOMAINS, order=order)
    found = {
        "SGD": plain,
        "joint": replace(plain, order=order.joint(), epochs=1),
        "online-EWC": by_sgd(plain, 0.1, strategy=OnlineEWC(strength=0.7, fisher="true")),
        "SI": by_sgd(plain, 0.1, clip=1.0, strategy=SI(strength=si, damping=1.0)),
    }
    for capacity, of in memories.items():
        er = Replay(capacity=capacity, mode="add")
        tasks = replace(er, buffer="task-balanced")
        shares, only = replace(tasks, fixed_shares=True), replace(tasks, fraction=0)
        alpha, beta = of.weights
        found |= {
            f"ER-{capacity}": replace(plain, replay=er),
            f"A-GEM-{capacity}": by_sgd(plain, of.agem, replay=shares, strategy=AGEM()),
            f"GEM-{capacity}": by_sgd(plain, gem, replay=only, strategy=GEM(margin=0.5)),
            f"DER-{capacity}": replace(plain, replay=er, strategy=DER(alpha=of.der)),
            f"DER++-{capacity}": by_sgd(
                plain, of.plus, replay=er, strategy=DER(alpha=alpha, beta=beta)
            ),
        }
    return found


SHORT_DOMAINS = Quick(
    epochs=None,
    overrides={"order.number": 5, "batch_size": 16, "optimiser.learning_rate": 0.05},
    conditions=("SGD", "joint", "online-EWC", "SI", "ER-200", "A-GEM-200", "DER-200", "DER++-200"),
)
"""Five tasks of digits."""


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


def convolutional(**remedies: object) -> Recipe:
    """Fashion-MNIST, six convolutions with remedies: D6 of the notebook on noise and width."""
    return Recipe(
        dataset="fashion-mnist",
        split=HoldOut(size=8000, where="first", of="test"),
        preprocessing=("scale",),
        model=spec("cnn", **remedies),
        optimiser=spec("Adam"),
        # What older versions of Keras called decay.
        lr_schedule=spec(
            "InverseTimeDecay", initial_learning_rate=1e-4, decay_steps=1, decay_rate=1e-6
        ),
        early_stopping=spec(
            "EarlyStopping", monitor="val_loss", patience=25, restore_best_weights=True
        ),
        batch_size=128,
        epochs=25,
    )


def with_replay(recipe: Recipe, replay: Replay) -> Recipe:
    """The recipe with replay and as many fewer epochs as keep the compute the same."""
    return replace(recipe, replay=replay, epochs=round(recipe.epochs * (1 - replay.fraction)))
