"""What the learning rate of plain gradient descent does to a curve, and what Adam does instead.

Experiments D3a and D3b of the notebook on noise and width: 784-128-10 on MNIST, up to 50 epochs,
early stopping on the validation loss with a patience of 20 and the best epoch restored at the end;
SGD of four rates, and Adam 1e-3. As coded, a layer of 10 relu units stands in front that the text
does not ask for. The notebook validates on 2,000 test images and has no test set; here the other
8,000 are the test set.

How rough a curve is, is a number here: the standard deviation of the changes of the
validation accuracy from epoch to epoch, after the fifth (`analysis.metrics.learning_curve`). How
fast a network learns is the first epoch whose validation loss lies within 1 % of the run's lowest.
The notebook's best SGD is taken to be that of rate .1. The record keeps which test images the
network misclassifies at the end, to be drawn.
"""

from itertools import pairwise

from core import EvaluationPlan, HoldOut, Recipe, Spec, spec
from studies.baselines import STOPPED_EARLY
from studies.definition.study import Claim, Quick, Study

RATES = (1.0, 0.1, 0.01, 0.001)
OPTIMISERS = {
    **{f"sgd-{rate:g}": spec("SGD", learning_rate=rate) for rate in RATES},
    "adam": spec("Adam", learning_rate=1e-3),
}
ROUGHNESS = "validation accuracy roughness"
CONVERGENCE = "validation loss convergence epoch"


def trained_by(optimiser: Spec, *widths: int) -> Recipe:
    """The notebook's training of a network with these hidden layers."""
    return Recipe(
        dataset="mnist",
        split=HoldOut(size=2000, of="test"),
        preprocessing=("scale",),
        model=spec("mlp", widths=widths, activation="relu"),
        optimiser=optimiser,
        early_stopping=STOPPED_EARLY,
        batch_size=32,
        epochs=50,
        evaluation=EvaluationPlan(measurements=("misclassified",)),
    )


study = Study(
    name="optimisers",
    question="Do larger steps make a learning curve rougher, and is Adam faster than SGD?",
    minutes=18,
    conditions={
        **{name: trained_by(each, 128) for name, each in OPTIMISERS.items()},
        **{f"as-coded-{name}": trained_by(each, 10, 128) for name, each in OPTIMISERS.items()},
    },
    margin=0.5,
    shown=("best validation accuracy", ROUGHNESS, CONVERGENCE),
    comparisons=tuple((f"sgd-{rate:g}", "adam") for rate in RATES),
    claims=(
        *(
            Claim(
                f"SGD's curve is rougher at rate {larger:g} than at {smaller:g}",
                ROUGHNESS,
                greater=f"as-coded-sgd-{larger:g}",
                smaller=f"as-coded-sgd-{smaller:g}",
            )
            for larger, smaller in pairwise(RATES)
        ),
        Claim(
            "Adam is faster than the best SGD",
            CONVERGENCE,
            greater="as-coded-sgd-0.1",
            smaller="as-coded-adam",
        ),
    ),
    quick=Quick(epochs=15, overrides={"split.size": 100}),
)
