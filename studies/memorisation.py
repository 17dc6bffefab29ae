"""Whether a network can learn labels that mean nothing, and what it then makes of new inputs.

Experiment C1 of the notebook on catastrophic forgetting: 1,000 points of 10 numbers, 3 classes,
10-100-100-3, Adam .01, batch 100, 50 epochs, the last tenth held out. In `random-labels` every
label of the training part is drawn anew for each seed, whatever the point; in `structured-labels`
it follows the rule of the data set `cube`. The two share points, batches and first weights.

In the notebook the held-out labels are random as well; here they keep their structure in both
conditions. To a network that was trained on nothing but noise this is the same: neither its
labels nor its first weights prefer a class, so on average it is right once in three, whatever
labels it is compared with. Measured over 1,200 seeds: 33.28 % of the test set with its structure
(95 % interval 33.14 to 33.42), 33.37 % with labels drawn anew (33.28 to 33.45). Only the spread
over seeds grows with the structure, from 1.5 points to 2.5: points of a class lie together, and a
network calls neighbours alike.

The points are independent draws, so the last tenth is as good a sample as any, and it is the
notebook's. Its 100 points are few: an accuracy of 1/3 has a standard error of 4.7 points there, so
the reported .29 to .33 are ordinary draws. The test set, of 1,000 points, decides.
"""

from dataclasses import replace

from core import EvaluationPlan, HoldOut, MatrixLabelNoise, Recipe, spec
from studies.baselines import FORGETTING
from studies.definition.study import Claim, Quick, Reported, Study

structured = Recipe(
    dataset="cube",
    split=HoldOut(size=0.1, where="last"),
    model=spec("mlp", widths=(100, 100), activation="relu"),
    loss="categorical_crossentropy",
    optimiser=spec("Adam", learning_rate=0.01),
    batch_size=100,
    epochs=50,
    evaluation=EvaluationPlan(
        sets=("train", "train-clean", "train-corrupted", "validation", "test")
    ),
)

# Whatever the true class, each of the three is as likely.
ANY_OF_THREE = MatrixLabelNoise(matrix=((1 / 3,) * 3,) * 3)

study = Study(
    name="memorisation",
    question="Can a network memorise random labels, and what does it then know of new inputs?",
    minutes=0.2,
    conditions={
        "random-labels": replace(structured, label_noise=ANY_OF_THREE),
        "structured-labels": structured,
    },
    seeds=10,
    comparisons=(("random-labels", "structured-labels"),),
    reported=(
        Reported("random-labels", "accuracy", 1.0, decimals=2, source=FORGETTING),
        Reported(
            "random-labels",
            "validation accuracy",
            0.31,
            decimals=2,
            source=f"{FORGETTING}: about .29 to .33, of which this is the middle",
        ),
    ),
    claims=(
        # That they are memorised is no inequality between conditions: the reported accuracy
        # of 1.00 checks it.
        Claim(
            "memorised labels say less about new inputs than labels with a structure",
            "test accuracy",
            greater="structured-labels",
            smaller="random-labels",
        ),
    ),
    # The data are small already; after 30 of the 50 epochs a few labels are still to be learned.
    quick=Quick(seeds=5, dataset="cube", epochs=50),
)
