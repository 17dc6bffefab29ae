"""What a perceptron of two hidden layers reaches on Fashion-MNIST in five epochs, epoch by epoch.

Experiment B1 of the notebook on deeper networks: 784-300-100-10 with LeakyReLU, SGD 1e-3, every
pixel standardised, the first 5,000 training images held out. Its checkpoint, the epoch with the
lowest validation loss, is what `EarlyStopping` restores at the end; with a patience longer than the
training it does no more than that. Text and code agree, so as asked and as coded are one condition.
`ebb run --tensorboard` writes the logs that the notebook looks at.
"""

from dataclasses import replace

from core import spec
from studies.baselines import DEEPER_NETWORKS, two_layers
from studies.definition.study import Quick, Reported, Study

VALIDATION = (0.7882, 0.8180, 0.8312, 0.8430, 0.8492)

# Keras restores the best epoch at the end of a training also where it did not stop it.
BEST_EPOCH = spec("EarlyStopping", monitor="val_loss", patience=1000, restore_best_weights=True)

study = Study(
    name="monitored-mlp",
    question="What do two hidden layers reach on standardised Fashion-MNIST in five epochs?",
    minutes=1,
    conditions={"best-epoch": replace(two_layers, early_stopping=BEST_EPOCH)},
    seeds=10,
    shown=("validation accuracy", "validation loss"),
    reported=(
        *(
            Reported(
                "best-epoch",
                f"validation accuracy at epoch {epoch}",
                value,
                decimals=4,
                source=DEEPER_NETWORKS,
            )
            for epoch, value in enumerate(VALIDATION, start=1)
        ),
        Reported("best-epoch", "test accuracy", 0.8279, decimals=4, source=DEEPER_NETWORKS),
    ),
    # Digits give 42 steps an epoch, a fortieth of the full study's: the rate makes up for it.
    quick=Quick(seeds=5, overrides={"split.size": 120, "optimiser.learning_rate": 1e-2}),
)
