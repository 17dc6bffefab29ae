"""Which method keeps Split Fashion-MNIST, and in which scenario?

Five tasks of two kinds of clothes each, by the protocol of the study `split-mnist`: heads of their
own count Adam's steps each for itself here too, since one count for all makes a later head's first
steps too large, and what fine-tuning forgets would be partly that. What differs: a tenth of the
training images is held out, and images are not padded. Penalties have the strengths that Hsu et al.
(2018) chose for MNIST.

`--dataset cifar10` makes it Split CIFAR-10, of the same network.
"""

from dataclasses import replace
from typing import Any

from core import EWC, SI, EvaluationPlan, HoldOut, Recipe, Replay, Scenario
from studies.baselines import IN_PAIRS, SCENARIOS, split_mnist_in
from studies.definition.study import Quick, Study


def fashion_in(scenario: Any) -> Recipe:
    """Plain training on Split Fashion-MNIST in a scenario."""
    return replace(
        split_mnist_in(scenario),
        dataset="fashion-mnist",
        preprocessing=("scale", "normalise"),
        split=HoldOut(size=0.1),
        evaluation=EvaluationPlan(sets=("test-tasks",), at_end=("validation",)),
    )


class_plain = fashion_in("class")
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
    plain = fashion_in(scenario)
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
        "class-labels-trick": replace(class_plain, scenario=Scenario("class", active="current")),
        "class-ER-ACE-500": replace(class_plain, replay=replace(ER, weights="asymmetric")),
        "class-rehearsal-500": replace(
            class_plain, replay=Replay(capacity=500, buffer="task-balanced", mode="pool")
        ),
        "class-cumulative": replace(class_plain, order=IN_PAIRS.cumulative()),
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
