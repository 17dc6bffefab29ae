"""Which method keeps Rotated MNIST, seen once?

Twenty tasks of all of MNIST, the images turned in each by an angle of its own; one epoch each, with
the same ten outputs in all tasks. The protocol of Buzzega et al. 2020, Dark
experience for general continual learning (arXiv:2004.07211), from the code that became Mammoth: two
hidden layers of 100 units, plain SGD, batches of 128, as many replayed as new; accuracy at the end,
on the whole test set of each task.

Angles are uniform in [0, 180) degrees and drawn anew for each seed, the first task's too: much of
the spread between seeds is theirs, so methods are compared in pairs.

What differs: the importances of online EWC are of single examples and not multiplied by the
probability of their label; SI's path has the data's gradient, there the penalty's too, cut at 1 in
each entry; A-GEM's memory has capacity // 20 random images of each task, as in the paper. Before
the last task is over, tasks are tested on 2,000 images each.
"""

from studies.baselines import SHORT_DOMAINS, OfMemory, methods_in_domains
from studies.definition.study import Study

MEMORIES = {200: OfMemory(0.1, 1.0, 0.1, (1.0, 0.5)), 500: OfMemory(0.3, 0.5, 0.2, (0.5, 1.0))}
methods = methods_in_domains("rotated", si=1.0, gem=0.01, memories=MEMORIES)

study = Study(
    name="rotated-mnist",
    question="Which method keeps Rotated MNIST, seen once?",
    minutes=126,
    conditions=methods,
    primary="tasks: average accuracy",
    shown=("tasks: mean forgetting_max_minus_last", "tasks: learning accuracy"),
    comparisons=(
        *((name, "SGD") for name in methods if name not in ("SGD", "joint")),
        *((f"{name}-{size}", f"ER-{size}") for size in MEMORIES for name in ("DER", "DER++")),
    ),
    quick=SHORT_DOMAINS,
)
