"""Which method forgets least for the same bytes kept?

Tables compare methods that keep very different things: EWC a float32 importance and an anchor for
each weight, SI a path beside them, replay images. Here each penalty stands beside replay (ER) and
beside a network trained on the memory alone (GDumb) with as many bytes of MNIST images: 784 each.
With 89,610 weights one array is 358 kB or 457 images, which is what LwF's teacher takes; two are
914 images, or 869 with ten logits each (DER++); three are 1,371.

Split MNIST by the protocol of the study `split-mnist`, in its three scenarios, with two hidden
layers of 100 units and without padding; the strengths of Hsu et al. (2018), who chose them for a
network of 400; LwF has one of 1, in task- and domain-incremental training times the tasks so far
(van de Ven). GDumb has its own passes, rate and batches, on the same network.
"""

from dataclasses import replace
from typing import Any

from core import DER, EWC, MAS, SI, HoldOut, LwF, Recipe, Replay, spec
from studies.baselines import IN_PAIRS, SCENARIOS, split_mnist_in
from studies.definition.study import Quick, Study

STRENGTHS = {"task": (100, 300, 1), "domain": (100, 3000, 10_000), "class": (600, 600, 1)}
"""Of EWC, SI and MAS."""


def images_of(arrays: int, outputs: int, logits: bool = False) -> int:
    """How many images, with their logits, take no more bytes than arrays of all weights."""
    weights = 784 * 100 + 100 + 100 * 100 + 100 + (100 + 1) * outputs
    each = 784 + 4 * outputs * logits
    # DER has a row of logits more, for what enters no slot.
    return (4 * weights * arrays - 4 * outputs * logits) // each


def gdumb(plain: Recipe, images: int) -> Recipe:
    """A network trained on the first examples of each class alone, without random crops."""
    per_class = images // 10
    passes = replace(IN_PAIRS, epochs_each=128).joint()
    steps = -(-10 * per_class // 16)
    rate = {"largest_learning_rate": 0.05, "smallest_learning_rate": 0.0005, "pass_steps": steps}
    return replace(
        plain,
        split=HoldOut(per_class=per_class),
        order=passes,
        epochs=passes.epochs,
        optimiser=spec("SGD", momentum=0.9, weight_decay=1e-6, global_clipnorm=10.0),
        lr_schedule=spec("WarmRestarts", **rate),
        batch_size=16,
    )


def methods(scenario: Any) -> dict[str, Recipe]:
    """What is compared in a scenario."""
    network = spec("mlp", widths=(100, 100), kernel_initializer="torch", bias_initializer="torch")
    plain = replace(split_mnist_in(scenario), model=network, preprocessing=("scale", "normalise"))
    ewc, si, mas = STRENGTHS[scenario]
    outputs = plain.outputs(10)
    one, two, three = (images_of(arrays, outputs) for arrays in (1, 2, 3))
    er = Replay(capacity=two, mode="add")
    with_logits = replace(er, capacity=images_of(2, outputs, logits=True))
    found = {
        "fine-tuning": plain,
        "EWC": replace(plain, strategy=EWC(strength=ewc, fisher="predicted")),
        "MAS": replace(plain, strategy=MAS(strength=mas, batch=128)),
        "SI": replace(plain, strategy=SI(strength=si)),
        "LwF": replace(plain, strategy=LwF(by_task=scenario != "class")),
        "ER-one": replace(plain, replay=replace(er, capacity=one)),
        "ER-two": replace(plain, replay=er),
        "ER-three": replace(plain, replay=replace(er, capacity=three)),
        "DER++-two": replace(plain, replay=with_logits, strategy=DER(alpha=1.0, beta=0.5)),
        "GDumb-two": gdumb(plain, two),
    }
    return {f"{scenario}-{name}": recipe for name, recipe in found.items()}


study = Study(
    name="equal-bytes",
    question="Which method forgets least for the same bytes kept?",
    conditions={name: each for scenario in SCENARIOS for name, each in methods(scenario).items()},
    minutes=42,
    primary="tasks: average accuracy",
    shown=("tasks: mean forgetting_max_minus_last", "tasks: learning accuracy"),
    comparisons=tuple(
        (f"{scenario}-{penalty}", f"{scenario}-{replay}")
        for scenario in SCENARIOS
        for penalty, replay in (
            *(("EWC", "ER-two"), ("MAS", "ER-two"), ("SI", "ER-three"), ("EWC", "GDumb-two")),
            *(("LwF", "ER-one"), ("DER++-two", "ER-two")),
        )
    ),
    quick=Quick(
        epochs=0.5,
        conditions=tuple(
            f"{scenario}-{name}" for scenario in SCENARIOS for name in ("EWC", "SI", "ER-two")
        ),
        overrides={"batch_size": 16},
    ),
)
