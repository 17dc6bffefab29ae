"""How class order makes a network forget: MNIST shuffled, or one class after the other.

Experiments C2 and C3 of the notebook on catastrophic forgetting. The notebook holds out the last
6,000 images in C2 and the last tenth of each class in C3; here both hold out the latter, so
that the two conditions differ in nothing but the order.
"""

from studies.baselines import FORGETTING, class_sequential, shuffled
from studies.definition.study import Claim, Quick, Reported, Study

PER_CLASS = (0.906, 0.883, 0.749, 0.552, 0.535, 0.684, 0.953, 0.566, 0.969, 0.983)

study = Study(
    name="class-order",
    question="How much of each class does a network forget when every epoch shows the classes "
    "one after the other?",
    minutes=3,
    conditions={"shuffled": shuffled, "class-sequential": class_sequential},
    seeds=10,
    comparisons=(("class-sequential", "shuffled"),),
    reported=(
        Reported("shuffled", "validation accuracy", 0.9815, decimals=4, source=FORGETTING),
        Reported("shuffled", "test accuracy", 0.9782, decimals=4, source=FORGETTING),
        Reported("shuffled", "test loss", 0.0763, decimals=4, source=FORGETTING),
        Reported("class-sequential", "test accuracy", 0.7787, decimals=4, source=FORGETTING),
        Reported("class-sequential", "test loss", 0.785, decimals=3, source=FORGETTING),
        *(
            Reported(
                "class-sequential",
                "test accuracy",
                value,
                class_=label,
                decimals=3,
                source=FORGETTING,
            )
            for label, value in enumerate(PER_CLASS)
        ),
    ),
    claims=(
        Claim(
            "showing one class after the other costs accuracy",
            "test accuracy",
            greater="shuffled",
            smaller="class-sequential",
        ),
    ),
    # Digits have 130 examples a class: small batches give each class as many steps as it needs
    # to push the others out.
    quick=Quick(seeds=5, epochs=5, overrides={"batch_size": 5}),
)
