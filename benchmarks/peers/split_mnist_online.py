"""Which method keeps Split MNIST of one epoch a task? As Avalanche's users set it.

Class-incremental, all ten outputs from the first step on; two hidden layers of 400 units, PyTorch's
initialisation and Adam, batches of 128.
"""

from dataclasses import replace

from core import EWC, SI, Replay, Scenario, Tasks
from studies import Study
from studies.baselines import IN_PAIRS, split_mnist

plain = replace(
    split_mnist,
    preprocessing=("scale", "normalise"),
    order=Tasks(groups=IN_PAIRS.groups, epochs_each=1),
    epochs=5,
    scenario=Scenario("class", active="all"),
)
# A memory of equal parts of the tasks so far, filled at their ends; half of each batch is from it.
ER = Replay(capacity=1000, buffer="task-balanced", mode="add")

study = Study(
    name="split-mnist-online",
    question="Which method keeps Split MNIST of one epoch a task?",
    conditions={
        "fine-tuning": plain,
        "ER-1000": replace(plain, replay=ER),
        "EWC": replace(plain, strategy=EWC(strength=100, fisher="true")),
        "SI": replace(plain, strategy=SI(strength=1)),
    },
    primary="tasks: accuracy over examples",
    comparisons=(("ER-1000", "fine-tuning"), ("EWC", "fine-tuning"), ("SI", "fine-tuning")),
)
