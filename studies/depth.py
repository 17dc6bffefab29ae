"""What depth does to a perceptron: does it still learn, and what becomes of its gradients?

Experiments B2 and B3 of the notebook on deeper networks. B2 asks for B1's network with 60 layers of
100 LeakyReLU units behind the first of 300; as coded each of the 60 is SELU followed by LeakyReLU.
B3, the vanishing and exploding gradient, is discussed there and never measured: here the same
training with 2 to 60 such layers, three initialisers and five activations. As asked, B2 is the
deepest of them with LeakyReLU and `he_normal`. The output layer keeps `glorot_uniform` throughout.
The norm of each layer's gradient, and how many units of a relu are dead, are measured before
training and after every epoch. A run whose loss overflows has diverged: an outcome, counted so.
"""

from dataclasses import replace

from core import EvaluationPlan, Recipe, spec
from studies.baselines import DEEPER_NETWORKS, two_layers
from studies.definition.study import Claim, Quick, Reported, Study

DEPTHS = (2, 5, 10, 20, 40, 60)
INITIALISERS = ("he_normal", "glorot_uniform", "random_normal")
ACTIVATIONS = ("relu", "LeakyReLU", "selu", "tanh", "sigmoid")
NETWORKS = [f"{each}-{start}" for each in ACTIVATIONS for start in INITIALISERS]
VALIDATION = (0.7450, 0.7916, 0.8170, 0.8278, 0.8332)
AS_ASKED = "LeakyReLU-he_normal-60"

measured = replace(
    two_layers, evaluation=EvaluationPlan(measurements=("gradient-norms", "dead-units"))
)


def deep(network: str, depth: int) -> Recipe:
    """The training of a network of this activation and initialiser with `depth` equal layers."""
    activation, _, start = network.partition("-")
    return replace(
        measured,
        model=spec("deep-mlp", depth=depth, activation=activation, kernel_initializer=start),
    )


as_coded = replace(
    measured,
    model=spec(
        "deep-mlp", depth=60, activation=("selu", "LeakyReLU"), first_activation="LeakyReLU"
    ),
)

study = Study(
    name="depth",
    question="How deep can a perceptron be and still learn, with which start and activation?",
    minutes=75,
    conditions={
        "as-coded": as_coded,
        **{f"{each}-{depth}": deep(each, depth) for each in NETWORKS for depth in DEPTHS},
    },
    seeds=5,
    shown=("validation accuracy", "validation loss"),
    comparisons=(
        ("as-coded", AS_ASKED),
        *((f"{network}-60", f"{network}-2") for network in NETWORKS),
    ),
    reported=(
        *(
            Reported(
                "as-coded",
                f"validation accuracy at epoch {epoch}",
                value,
                decimals=4,
                source=DEEPER_NETWORKS,
            )
            for epoch, value in enumerate(VALIDATION, start=1)
        ),
        Reported("as-coded", "test accuracy", 0.8208, decimals=4, source=DEEPER_NETWORKS),
    ),
    claims=(
        Claim(
            "in a deep network of sigmoids the gradient vanishes: it does not learn",
            "test accuracy",
            greater="sigmoid-glorot_uniform-2",
            smaller="sigmoid-glorot_uniform-20",
        ),
        Claim(
            "an initialiser made for relu helps a deep relu network to learn",
            "test accuracy",
            greater="relu-he_normal-20",
            smaller="relu-random_normal-20",
        ),
    ),
    # Sixty layers take their time to compile.
    quick=Quick(
        overrides={"split.size": 120, "batch_size": 16},
        conditions=("as-coded", AS_ASKED, "relu-he_normal-20", "relu-random_normal-20"),
    ),
)
