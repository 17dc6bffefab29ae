"""What the usual remedies do for a convolutional network on Fashion-MNIST.

Experiment D6 of the notebook on width and noise: a naive network of six convolutions against the
same one with batch normalisation, dropout and an L2 penalty. Adam 1e-4 with decay 1e-6, batch 128,
25 epochs; of each run the epoch with the lowest validation loss counts. The notebook validates on
8,000 test images; the other 2,000 are the test set. What the text asks is what the code does.
"""

from studies.baselines import NOISE_AND_WIDTH, convolutional
from studies.definition.study import Claim, Quick, Reported, Study

TUNED = {
    "batch_normalization": True,
    "pool_dropout": (0.125, 0.25, 0.5),
    "dropout": 0.5,
    "l2": 0.01,
}


study = Study(
    name="cnn",
    question="Do batch normalisation, dropout and L2 help a convolutional network?",
    minutes=760,
    conditions={"naive": convolutional(), "tuned": convolutional(**TUNED)},
    seeds=5,
    shown=("accuracy", "validation accuracy", "test loss"),
    comparisons=(("tuned", "naive"),),
    reported=(
        Reported("tuned", "validation accuracy", 0.93, decimals=2, source=NOISE_AND_WIDTH),
        Reported("tuned", "test accuracy", 0.93, decimals=2, source=NOISE_AND_WIDTH),
    ),
    claims=(
        Claim("the tuned network is better", "test accuracy", greater="tuned", smaller="naive"),
    ),
    quick=Quick(
        seeds=2,
        epochs=3,
        overrides={
            "split.size": 180,
            "batch_size": 32,
            "lr_schedule.initial_learning_rate": 1e-3,
            "model.filters": (8, 16, 32),
            "model.widths": (64, 32),
        },
    ),
)
