"""How long a classifier without a hidden layer goes on learning, on two data sets.

Experiment D2 of the notebook on noise and width: 784-10, SGD .01, up to 100 epochs, early stopping
on the validation loss with a patience of 20. As coded, a layer of 10 relu units stands in front of
the output that the text does not ask for. The notebook splits the test images into 8,000 and 2,000
and validates on the former for MNIST, on the latter for Fashion-MNIST; here the others are the test
set.

The notebook says where its curves level out, not how that was read. Here it is the first epoch
whose validation loss lies within 1 % of the run's lowest (`analysis.metrics.learning_curve`); of a
curve that still falls at the last epoch it is a lower bound. Two data sets have no examples in
common, so a comparison of them is not paired.
"""

from core import HoldOut, Recipe, spec
from studies.baselines import NOISE_AND_WIDTH, STOPPED_EARLY
from studies.definition.study import Claim, Quick, Reported, Study

CONVERGENCE = "validation loss convergence epoch"
VALIDATED_ON = {
    "mnist": HoldOut(size=8000, where="first", of="test"),
    "fashion-mnist": HoldOut(size=2000, where="last", of="test"),
}


def without_hidden_layer(dataset: str, *widths: int) -> Recipe:
    """The notebook's training on a data set, of a network with these hidden layers."""
    return Recipe(
        dataset=dataset,
        split=VALIDATED_ON[dataset],
        preprocessing=("scale",),
        model=spec("mlp", widths=widths, activation="relu"),
        optimiser=spec("SGD", learning_rate=0.01),
        early_stopping=STOPPED_EARLY,
        batch_size=32,
        epochs=100,
    )


study = Study(
    name="no-hidden-layer",
    question="After how many epochs does a classifier without a hidden layer level out?",
    minutes=8,
    conditions={
        **{dataset: without_hidden_layer(dataset) for dataset in VALIDATED_ON},
        **{f"as-coded-{dataset}": without_hidden_layer(dataset, 10) for dataset in VALIDATED_ON},
    },
    paired=False,
    primary=CONVERGENCE,
    shown=("test accuracy", "best validation accuracy", "validation loss"),
    comparisons=(("fashion-mnist", "mnist"),),
    reported=(
        Reported("as-coded-mnist", CONVERGENCE, 20, source=NOISE_AND_WIDTH),
        Reported("as-coded-fashion-mnist", CONVERGENCE, 75, source=NOISE_AND_WIDTH),
    ),
    claims=(
        Claim(
            "Fashion-MNIST levels out later than MNIST",
            CONVERGENCE,
            greater="as-coded-fashion-mnist",
            smaller="as-coded-mnist",
        ),
    ),
    # Digits in place of both data sets, at a rate that levels out on so few.
    quick=Quick(epochs=40, overrides={"split.size": 100, "optimiser.learning_rate": 0.1}),
)
