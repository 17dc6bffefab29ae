"""Does a wider network memorise Gaussian input noise, and does noise make it robust?

Experiments D4c and D4d of the notebook on noise and width: Fashion-MNIST, noise of mean 0 on the
training images, drawn once, clean labels, Adam 1e-3, 150 epochs, of which the end is looked at (and
the validation set throughout). Asked were variances from .01 to .5; the code uses a standard
deviation of .05 (a variance of .0025) and a layer of 10 relu units in front.
"""

from dataclasses import replace

from core import EvaluationPlan, GaussianNoise, Recipe
from studies.baselines import with_widths
from studies.definition.study import Claim, Quick, Study

WIDTHS = (10, 50, 100, 150, 200, 250)
VARIANCES = (0.01, 0.5)


def noisy(recipe: Recipe, noise: GaussianNoise) -> Recipe:
    """The training on noisy images, looked at once more on noisy test images."""
    plan = EvaluationPlan(
        sets=("validation",), at_end=("test", "gaussian-0.1", "gaussian-0.3", "gaussian-0.7")
    )
    return replace(recipe, input_noise=noise, epochs=150, evaluation=plan)


study = Study(
    name="width-input-noise",
    question="Does a wider network memorise input noise, and what does it lose by it?",
    minutes=128,
    conditions={
        **{
            f"width-{width}-variance-{variance:g}": noisy(
                with_widths(width), GaussianNoise(variance=variance)
            )
            for variance in VARIANCES
            for width in WIDTHS
        },
        **{
            f"as-coded-{width}": noisy(
                with_widths(10, width), GaussianNoise(standard_deviation=0.05)
            )
            for width in WIDTHS
        },
    },
    seeds=5,
    shown=("accuracy", "best validation accuracy", "validation loss", "gaussian-0.3 accuracy"),
    comparisons=tuple(
        (f"width-{width}-variance-0.5", f"width-{width}-variance-0.01") for width in WIDTHS
    ),
    claims=(
        Claim(
            "a wider network fits better", "accuracy", greater="as-coded-250", smaller="as-coded-10"
        ),
        Claim(
            "a wider network overfits: the validation loss ends higher",
            "validation loss",
            greater="as-coded-250",
            smaller="as-coded-10",
        ),
    ),
    quick=Quick(seeds=2, epochs=10, overrides={"split.size": 100}),
)
