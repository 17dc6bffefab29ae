"""Which method keeps Split Fashion-MNIST, and in which scenario?

Five tasks of two kinds of clothes each, the protocol of the study `split-mnist` with a tenth of the
training images held out. Penalties have the strengths that Hsu et al. (2018) chose for MNIST.
"""

from dataclasses import replace
from typing import Any

from core import EWC, SI, EvaluationPlan, HoldOut, Recipe, Replay, Scenario
from studies.baselines import IN_PAIRS, SCENARIOS, split_mnist
from studies.definition.study import Quick, Study

fashion = replace(
    split_mnist,
    dataset="fashion-mnist",
    preprocessing=("scale", "normalise"),
    split=HoldOut(size=0.1),
    evaluation=EvaluationPlan(sets=("test-tasks",), at_end=("validation",)),
)
ER = Replay(capacity=500, mode="add")
JOINT = {"order": IN_PAIRS.joint(), "epochs": 4}
STRENGTHS = {"task": (100, 300), "domain": (100, 3000), "class": (600, 600)}


def _in(scenario: Any) -> dict[str, Recipe]:
    """The methods that every scenario has."""
    ewc, si = STRENGTHS[scenario]
    changes: dict[str, dict[str, Any]] = {
        "fine-tuning": {},
        "EWC": {"strategy": EWC(strength=ewc, fisher="predicted")},
        "SI": {"strategy": SI(strength=si)},
        "ER-500": {"replay": ER},
        "joint": JOINT,
    }
    plain = replace(fashion, scenario=Scenario(scenario))
    return {f"{scenario}-{name}": replace(plain, **each) for name, each in changes.items()}


in_classes = _in("class")
study = Study(
    name="split-fashion-mnist",
    question="Which method keeps Split Fashion-MNIST, and in which scenario?",
    minutes=25,
    conditions={
        **_in("task"),
        **_in("domain"),
        **in_classes,
        "class-labels-trick": replace(fashion, scenario=Scenario("class", active="current")),
        "class-ER-ACE-500": replace(fashion, replay=replace(ER, weights="asymmetric")),
        "class-rehearsal-500": replace(
            fashion, replay=Replay(capacity=500, buffer="task-balanced", mode="pool")
        ),
        "class-cumulative": replace(fashion, order=IN_PAIRS.cumulative()),
    },
    primary="tasks: average accuracy",
    comparisons=(
        *(
            (f"{scenario}-{method}", f"{scenario}-fine-tuning")
            for scenario in SCENARIOS
            for method in ("EWC", "SI", "ER-500")
        ),
        ("class-labels-trick", "class-fine-tuning"),
        ("class-ER-ACE-500", "class-ER-500"),
        ("class-rehearsal-500", "class-ER-500"),
    ),
    quick=Quick(
        seeds=3,
        epochs=0.5,
        overrides={"batch_size": 16},
        conditions=("task-fine-tuning", "task-EWC", "task-joint", *in_classes, "class-ER-ACE-500"),
    ),
)
