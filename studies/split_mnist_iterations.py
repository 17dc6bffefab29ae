"""Does each method keep Split MNIST in 2,000 steps a task, in three scenarios?

The protocol of van de Ven, Tuytelaars & Tolias 2022, Three types of incremental learning (Nature
Machine Intelligence 4), from its code (GMvandeVen/continual-learning): five tasks of two digits,
the digits in another order for each seed; 2,000 steps of 128 a task from reshuffled passes, what is
left of a pass dropped; two hidden layers of 400 units with PyTorch's initialisation and Adam;
pixels divided by 255; in class-incremental training all outputs are active from the first step. Its
EWC has lambda / 2 where ours has `strength`; its SI takes the gradient with the penalty; its memory
of ER and A-GEM has 100 of each class, ours 200 of each task. iCaRL has the seen outputs active, and
its exemplars are joined to a task's images: 2,000 steps show these as often as in the others, and
33 to 132 more the exemplars.

What is reported are figures of the older preprint (van de Ven & Tolias 2019, arXiv:1904.07734),
means and standard errors of 20 runs, of the rows whose method has no strength: the later paper has
other strengths. Of its rows stands what the repository's figure of 20 runs with these strengths
(figures/splitMNIST_results_tutorial.png, bands of 1.96 standard errors) shows, in per cent: its
lines are read to .3 points or so, and those of its task-incremental panel hide each other.
"""

from dataclasses import replace
from typing import Any

from core import AGEM, EWC, SI, ICaRL, LwF, Recipe, Replay, Scenario, spec
from studies.baselines import IN_PAIRS, SCENARIOS, split_mnist
from studies.definition.study import Quick, Reported, Study

STEPS = replace(IN_PAIRS, epochs_each=1, steps_each=2000, permuted=True)
MEMORY = Replay(buffer="task-balanced", capacity=1000, fixed_shares=True, mode="add")
ROWS: dict[str, tuple[Any, ...]] = {
    "fine-tuning": ({},) * 3,
    "joint": ({"order": STEPS.joint()},) * 3,
    "EWC": tuple({"strategy": EWC(strength=each)} for each in (5e4, 5e9, 5e8)),
    "SI": tuple({"strategy": SI(strength=each)} for each in (10, 5e4, 5e3)),
    "ER": ({"replay": replace(MEMORY, weights="by-task")},) * 3,
    "A-GEM": ({"replay": MEMORY, "strategy": AGEM()},) * 3,
    "LwF": tuple({"strategy": LwF(by_task=each)} for each in (True, True, False)),
}
"""What each row changes, in the order of `SCENARIOS`."""
EXEMPLARS = Replay(buffer="exemplars", capacity=1000, fixed_shares=True, mode="join")
ICARL: dict[str, Any] = {
    "scenario": Scenario("class"),
    "replay": EXEMPLARS,
    "strategy": ICaRL(temperature=2.0),
}
PREPRINT: dict[str, tuple[tuple[float, ...], ...]] = {
    "fine-tuning": ((87.19, 0.94), (59.21, 2.04), (19.90, 0.02)),
    "joint": ((99.66,), (98.42,), (97.94,)),
}
"""Mean and, where it is known, standard error, in per cent."""
DRAWN = {
    "domain-EWC": 62,
    "domain-SI": 68,
    "domain-ER": 94,
    "domain-LwF": 72,
    "class-EWC": 20,
    "class-SI": 23,
    "class-ER": 89,
    "class-LwF": 22,
    "class-iCaRL": 92,
}
"""Where lines of the figure end, in per cent."""


def in_steps(scenario: Any) -> Recipe:
    """Plain training in a scenario."""
    every: Any = {"active": "all"} if scenario == "class" else {}
    return replace(
        split_mnist,
        preprocessing=("scale",),
        order=STEPS,
        epochs=STEPS.epochs,
        scenario=Scenario(scenario, **every),
        optimiser=spec("TorchAdam", learning_rate=1e-3),
    )


study = Study(
    name="split-mnist-iterations",
    question="Does each method keep Split MNIST in 2,000 steps a task, in three scenarios?",
    minutes=120,
    conditions={
        f"{scenario}-{row}": replace(in_steps(scenario), **changes[i])
        for i, scenario in enumerate(SCENARIOS)
        for row, changes in ROWS.items()
    }
    | {"class-iCaRL": replace(in_steps("class"), **ICARL)},
    seeds=5,
    primary="tasks: average accuracy",
    comparisons=(
        *(
            (f"{scenario}-{row}", f"{scenario}-fine-tuning")
            for scenario in SCENARIOS
            for row in ROWS
            if row != "fine-tuning"
        ),
        ("class-iCaRL", "class-ER"),
    ),
    reported=tuple(
        Reported(
            f"{scenario}-{row}",
            "tasks: average accuracy",
            round(cells[i][0] / 100, 4),
            runs=20,
            source="van de Ven & Tolias 2019, arXiv:1904.07734",
            decimals=4,
            spread=round(cells[i][1] / 100, 4) if cells[i][1:] else None,
            spread_kind="standard error" if cells[i][1:] else None,
        )
        for i, scenario in enumerate(SCENARIOS)
        for row, cells in PREPRINT.items()
    )
    + tuple(
        Reported(
            condition,
            "tasks: average accuracy",
            cell / 100,
            runs=20,
            source="GMvandeVen/continual-learning, figures/splitMNIST_results_tutorial.png",
            decimals=2,
        )
        for condition, cell in DRAWN.items()
    ),
    quick=Quick(
        epochs=None,
        overrides={"order.steps_each": 40, "batch_size": 16},
        conditions=tuple(
            f"{scenario}-{row}" for scenario in SCENARIOS for row in ("fine-tuning", "EWC", "ER")
        ),
    ),
)
