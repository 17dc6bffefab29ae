"""What a network makes of wrong labels: does it memorise them, and does early stopping help?

Experiment D3c of the notebook on noise: 784-128-10 on MNIST, Adam 1e-3, 100 epochs. As asked, a
fraction of the training labels is wrong. As coded, labels are redrawn (.164 of them end up wrong
where .2 was asked), a layer of 10 relu units stands in front, and the network is not a new one: it
starts as the best of an earlier training on clean labels. The notebook validates on 2,000 test
images and has no test set; here the other 8,000 are the test set.
"""

from dataclasses import replace

from core import (
    EvaluationPlan,
    HoldOut,
    Pretraining,
    Recipe,
    SymmetricLabelNoise,
    UniformLabelNoise,
    spec,
)
from studies.baselines import NOISE_AND_WIDTH, SETS_BY_LABEL, STOPPED_EARLY
from studies.definition.study import Claim, Quick, Reported, Study

RATES = (0.0, 0.1, 0.2, 0.4)

clean = Recipe(
    dataset="mnist",
    split=HoldOut(size=2000, of="test"),
    preprocessing=("scale",),
    model=spec("mlp", widths=(128,), activation="relu"),
    optimiser=spec("Adam", learning_rate=1e-3),
    batch_size=32,
    epochs=100,
    evaluation=EvaluationPlan(sets=SETS_BY_LABEL),
)
noise = {f"noise-{rate:g}": replace(clean, label_noise=SymmetricLabelNoise(rate)) for rate in RATES}

study = Study(
    name="label-noise",
    question="How much does a network suffer from wrong labels, and does early stopping help?",
    minutes=36,
    conditions={
        **noise,
        **{
            f"{name}-stopped": replace(each, early_stopping=STOPPED_EARLY)
            for name, each in noise.items()
        },
        "as-coded": replace(
            clean,
            model=spec("mlp", widths=(10, 128), activation="relu"),
            label_noise=UniformLabelNoise(0.2),
            pretraining=Pretraining(epochs=50, early_stopping=STOPPED_EARLY),
        ),
    },
    shown=tuple(f"{part} accuracy" for part in SETS_BY_LABEL[2:]),
    comparisons=(
        *((name, "noise-0") for name in noise if name != "noise-0"),
        *((f"{name}-stopped", name) for name in noise),
    ),
    reported=(
        Reported("as-coded", "accuracy", 0.90, decimals=2, source=NOISE_AND_WIDTH),
        Reported(
            "as-coded", "validation accuracy at epoch 1", 0.95, decimals=2, source=NOISE_AND_WIDTH
        ),
        Reported("as-coded", "validation accuracy", 0.80, decimals=2, source=NOISE_AND_WIDTH),
    ),
    claims=(
        Claim(
            "wrong labels cost accuracy", "test accuracy", greater="noise-0", smaller="noise-0.2"
        ),
        Claim(
            "early stopping helps against wrong labels",
            "test accuracy",
            greater="noise-0.2-stopped",
            smaller="noise-0.2",
        ),
    ),
    quick=Quick(seeds=3, epochs=20, overrides={"split.size": 100, "optimiser.learning_rate": 3e-3}),
)
