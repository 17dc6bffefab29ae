"""Twenty tiny runs of every kind, and what they come to: `python -m tests.core.golden` writes it.

Written anew only where a correction is meant to move figures, together with its entry in
`core/numerics.py`. The figures depend on the pinned versions of TensorFlow, Keras and NumPy.
"""

import json
from dataclasses import replace
from pathlib import Path

from core import (
    AGEM,
    DER,
    GEM,
    SI,
    AugmentedCopy,
    Blocks,
    Blurred,
    ClassLabelNoise,
    ClassSequential,
    Domains,
    EvaluationPlan,
    GaussianNoise,
    HoldOut,
    ICaRL,
    LwF,
    MatrixLabelNoise,
    OnlineEWC,
    Pretraining,
    Recipe,
    Replay,
    Scenario,
    SymmetricLabelNoise,
    Tasks,
    Trainer,
    Transfer,
    UniformLabelNoise,
    spec,
)
from core.numerics import NUMERICS
from tests.core.by_hand import images
from tests.core.pull import Pull

FILE = Path(__file__).with_name("golden.json")


PLAIN = Recipe(
    dataset="images",
    model=spec("mlp", widths=(8,)),
    split=HoldOut(size=0.2),
    preprocessing=("standardise",),
    optimiser=spec("Adam", learning_rate=1e-2),
    batch_size=8,
    epochs=2,
    compiler="graph",
)
SEQUENTIAL = replace(
    PLAIN,
    order=ClassSequential(),
    evaluation=EvaluationPlan(segments=True, segment_examples=20),
)
IN_TASKS = replace(PLAIN, order=Tasks(groups=((0, 1), (2, 3))))
NOISE_SETS = EvaluationPlan(sets=("test", "train-clean", "train-corrupted-true-labels"))
RUNS = {
    "xla, dropout": replace(PLAIN, model=spec("mlp", widths=(8,), dropout=0.2), compiler="xla"),
    "graph, dropout": replace(PLAIN, model=spec("mlp", widths=(8,), dropout=0.2)),
    "batch normalisation": replace(
        PLAIN,
        model=spec("mlp", widths=(8,), batch_normalization=True),
        optimiser=spec("SGD", learning_rate=0.1),
    ),
    "deep": replace(PLAIN, model=spec("deep-mlp", depth=4)),
    "penalty": replace(PLAIN, model=spec("mlp", widths=(8,), l2=0.01)),
    "one-hot loss": replace(PLAIN, loss="categorical_crossentropy"),
    "fixed class order": SEQUENTIAL,
    "random class order": replace(SEQUENTIAL, order=ClassSequential("random")),
    "blurred": replace(SEQUENTIAL, order=Blurred(fraction=0.5)),
    "blocks": replace(PLAIN, order=Blocks(length=4)),
    "tasks": IN_TASKS,
    "permuted": replace(PLAIN, order=Domains(kind="permuted", number=2), batch_size=16),
    "rotated, class-incremental": replace(
        PLAIN,
        order=Domains(kind="rotated", number=2, first_plain=True),
        preprocessing=("pad-2", "scale", "normalise"),
        scenario=Scenario("class"),
        replay=Replay(capacity=16, mode="add"),
        evaluation=EvaluationPlan(sets=("test-tasks",), task_examples=12),
    ),
    "scenario, naive rehearsal": replace(
        IN_TASKS,
        scenario=Scenario("class"),
        optimiser=spec("TorchAdam", learning_rate=1e-2, by_column=True),
        replay=Replay(buffer="task-balanced", capacity=8, mode="pool"),
        evaluation=EvaluationPlan(sets=("test-tasks",)),
    ),
    "symmetric label noise": replace(
        PLAIN, label_noise=SymmetricLabelNoise(0.25), evaluation=NOISE_SETS
    ),
    "uniform label noise": replace(
        PLAIN, label_noise=UniformLabelNoise(0.5), evaluation=NOISE_SETS
    ),
    "label noise by class": replace(
        PLAIN, label_noise=ClassLabelNoise((0.1, 0.5, 0.0, 0.5)), pretraining=Pretraining(epochs=1)
    ),
    "label noise by matrix": replace(PLAIN, label_noise=MatrixLabelNoise(((0.25,) * 4,) * 4)),
    "fresh input noise": replace(
        PLAIN, input_noise=GaussianNoise(standard_deviation=0.2, when="every-epoch", clip=(-2, 2))
    ),
    "input noise on all": replace(PLAIN, input_noise=GaussianNoise(variance=0.1, on="both")),
    "augmented copy, corrupted sets": replace(
        PLAIN,
        augmented_copy=AugmentedCopy(rotation=10, shift=0.1),
        evaluation=EvaluationPlan(sets=("test", "gaussian-0.3"), at_end=("blur-1",)),
    ),
    "reservoir": replace(SEQUENTIAL, replay=Replay(capacity=12)),
    "class-balanced": replace(
        SEQUENTIAL, replay=Replay(buffer="class-balanced", capacity=9, mode="add")
    ),
    "ring": replace(SEQUENTIAL, replay=Replay(buffer="ring", capacity=12, fraction=0.25)),
    "herding": replace(SEQUENTIAL, replay=Replay(buffer="herding", capacity=12)),
    "one cycle": replace(
        PLAIN,
        optimiser=spec("SGD"),
        lr_schedule=spec("OneCycle", peak_learning_rate=0.1, total_steps=1.0, final_fraction=0.01),
    ),
    "early stopping, plateau": replace(
        PLAIN,
        epochs=5,
        optimiser=spec("Adam", learning_rate=0.1),
        lr_schedule=spec("ReduceLROnPlateau", monitor="val_loss", patience=1),
        early_stopping=spec("EarlyStopping", monitor="val_loss", restore_best_weights=True),
    ),
    "transfer": replace(PLAIN, transfer=Transfer(source=PLAIN, layers=("dense",))),
    "strategy": replace(PLAIN, strategy=Pull()),
    "online ewc": replace(IN_TASKS, strategy=OnlineEWC(strength=10.0, fisher="sampled")),
    "si": replace(IN_TASKS, strategy=SI(strength=1.0)),
    "der++": replace(
        IN_TASKS, replay=Replay(capacity=9, mode="add"), strategy=DER(alpha=0.5, beta=0.5)
    ),
    "a-gem": replace(
        IN_TASKS,
        replay=Replay(capacity=9, buffer="task-balanced", fixed_shares=True, mode="add"),
        strategy=AGEM(),
    ),
    "lwf": replace(IN_TASKS, scenario=Scenario("task"), strategy=LwF()),
    "icarl": replace(
        IN_TASKS,
        scenario=Scenario("class"),
        replay=Replay(capacity=9, buffer="exemplars", mode="join"),
        strategy=ICaRL(),
    ),
    "gem": replace(
        IN_TASKS,
        replay=Replay(capacity=9, buffer="task-balanced", mode="pool"),
        strategy=GEM(margin=0.5),
    ),
}


def figures() -> dict:
    """What the runs come to: losses of training and of every evaluation, and the last counts."""
    trainer, data, found = Trainer(), images(), {}
    for name, recipe in RUNS.items():
        source = images(seed=1) if recipe.transfer else None
        record = trainer.train(recipe, 0, data, source=source)
        last = {each.set: each.confusion.tolist() for each in record.evaluations}
        found[name] = {
            "status": record.status,
            "training loss": [row[3] for row in record.history if row[2] == "loss"],
            "losses": [each.loss for each in record.evaluations],
            "confusion": last,
        }
    return found


if __name__ == "__main__":
    latest = max(n for n, _ in NUMERICS)
    FILE.write_text(json.dumps({"numerics": latest, "runs": figures()}, indent=1) + "\n")
