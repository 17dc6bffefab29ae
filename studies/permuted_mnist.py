"""Which method keeps Permuted MNIST, seen once?

Twenty tasks of all of MNIST, the pixels permuted in each its own way; one epoch each, with the same
ten outputs in all tasks. The protocol of Buzzega et al. 2020, Dark
experience for general continual learning (arXiv:2004.07211), from the code that became Mammoth: two
hidden layers of 100 units, plain SGD, batches of 128, as many replayed as new; accuracy at the end,
on the whole test set of each task.

Permutations are drawn anew for each seed, the first task's too.

What differs: the importances of online EWC are of single examples and not multiplied by the
probability of their label; SI's path has the data's gradient, there the penalty's too, cut at 1 in
each entry; A-GEM's memory has capacity // 20 random images of each task, as in the paper. Before
the last task is over, tasks are tested on 2,000 images each.
"""

from studies.baselines import SHORT_DOMAINS, OfMemory, methods_in_domains
from studies.definition.study import Study

MEMORIES = {200: OfMemory(0.1, 1.0, 0.1, (1.0, 1.0)), 500: OfMemory(0.1, 1.0, 0.2, (1.0, 0.5))}
methods = methods_in_domains("permuted", si=0.5, gem=0.1, memories=MEMORIES)

study = Study(
    name="permuted-mnist",
    question="Which method keeps Permuted MNIST, seen once?",
    minutes=115,
    conditions=methods,
    primary="tasks: average accuracy",
    shown=("tasks: mean forgetting_max_minus_last", "tasks: learning accuracy"),
    comparisons=(
        *((name, "SGD") for name in methods if name not in ("SGD", "joint")),
        *((f"{name}-{size}", f"ER-{size}") for size in MEMORIES for name in ("DER", "DER++")),
    ),
    quick=SHORT_DOMAINS,
)
