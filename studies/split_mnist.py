"""Does each method keep Split MNIST as published, in three scenarios?

The table of Hsu, Liu, Ramasamy & Kira 2018, Re-evaluating continual learning scenarios
(arXiv:1810.12488), made again from the protocol of its code (GT-RIPL/Continual-Learning-Benchmark):
five tasks of two digits, four epochs each; two hidden layers of 400 units with PyTorch's
initialisation and Adam; images padded to 32 x 32 (`studies.baselines.split_mnist`); the strengths
that its scripts have. Its figures are means of ten runs with the population standard deviation.
"""

from dataclasses import replace
from typing import Any

from core import EWC, GEM, MAS, SI, L2Penalty, OnlineEWC, Replay, spec
from studies.baselines import IN_PAIRS, SCENARIOS, split_mnist_in
from studies.definition.study import Quick, Reported, Study

HSU = "Hsu et al. 2018, results_split_mnist.png of its repository"
# PyTorch's Adagrad starts from 0, where Keras' starts from .1.
ADAGRAD = spec("Adagrad", learning_rate=0.01, initial_accumulator_value=0.0, epsilon=1e-20)
SGD = spec("SGD", learning_rate=0.01)
REHEARSAL = Replay(capacity=1100, buffer="task-balanced", mode="pool")
LARGE = replace(REHEARSAL, capacity=4400)

ROWS: dict[str, tuple[Any, ...]] = {
    "Adam": ({}, {}, {}),
    "SGD": ({"optimiser": SGD},) * 3,
    "Adagrad": ({"optimiser": ADAGRAD},) * 3,
    "L2": tuple({"strategy": L2Penalty(strength=each)} for each in (0.01, 0.5, 100)),
    "EWC": tuple({"strategy": EWC(strength=each, fisher="predicted")} for each in (100, 100, 600)),
    "online-EWC": tuple(
        {"strategy": OnlineEWC(strength=each, fisher="predicted")} for each in (400, 700, 100)
    ),
    "SI": tuple({"strategy": SI(strength=each)} for each in (300, 3000, 600)),
    "MAS": tuple({"strategy": MAS(strength=each, batch=128)} for each in (1, 10_000, 1)),
    "rehearsal-1100": ({"replay": REHEARSAL},) * 3,
    "rehearsal-4400": ({"replay": LARGE},) * 3,
    "GEM-1100": ({"optimiser": SGD, "strategy": GEM(), "replay": REHEARSAL},) * 3,
    "GEM-4400": ({"optimiser": SGD, "strategy": GEM(), "replay": LARGE},) * 3,
    "offline": ({"order": IN_PAIRS.joint(), "epochs": 4},) * 3,
}
"""What each row of the table changes, in the order of `SCENARIOS`."""

PUBLISHED = {
    "Adam": ((93.46, 2.01), (55.16, 1.38), (19.71, 0.08)),
    "SGD": ((97.98, 0.09), (63.20, 0.35), (19.46, 0.04)),
    "Adagrad": ((98.06, 0.53), (58.08, 1.06), (19.82, 0.09)),
    "L2": ((98.18, 0.96), (66.00, 3.73), (22.52, 1.08)),
    "EWC": ((97.70, 0.81), (58.85, 2.59), (19.80, 0.05)),
    "online-EWC": ((98.04, 1.10), (57.33, 1.44), (19.77, 0.04)),
    "SI": ((98.56, 0.49), (64.76, 3.09), (19.67, 0.09)),
    "MAS": ((99.22, 0.21), (68.57, 6.85), (19.52, 0.29)),
    "rehearsal-1100": ((99.40, 0.08), (95.16, 0.49), (90.78, 0.85)),
    "rehearsal-4400": ((99.57, 0.07), (97.11, 0.34), (95.59, 0.49)),
    "offline": ((99.52, 0.16), (98.59, 0.15), (97.53, 0.30)),
}
"""Mean and population standard deviation of ten runs, in per cent."""


study = Study(
    name="split-mnist",
    question="Does each method keep Split MNIST as published, in three scenarios?",
    conditions={
        f"{scenario}-{row}": replace(split_mnist_in(scenario), **ROWS[row][i])
        for i, scenario in enumerate(SCENARIOS)
        for row in ROWS
    },
    primary="tasks: average accuracy",
    comparisons=tuple(
        (f"{scenario}-{row}", f"{scenario}-Adam")
        for scenario in SCENARIOS
        for row in ROWS
        if row != "Adam"
    ),
    reported=tuple(
        Reported(
            f"{scenario}-{row}",
            # Of its joint training Hsu's code takes the accuracy over all test images.
            "tasks: accuracy over examples" if row == "offline" else "tasks: average accuracy",
            round(cells[i][0] / 100, 4),
            runs=10,
            source=HSU,
            spread=round(cells[i][1] / 100, 4),
            spread_kind="population standard deviation",
        )
        for i, scenario in enumerate(SCENARIOS)
        for row, cells in PUBLISHED.items()
    ),
    quick=Quick(
        seeds=3,
        epochs=0.5,
        overrides={"batch_size": 16},
        conditions=tuple(
            f"{scenario}-{row}" for scenario in SCENARIOS for row in ("Adam", "EWC", "offline")
        ),
    ),
)
