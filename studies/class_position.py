"""What saves a class from being forgotten: being shown late, or looking like one that is.

Experiment C3 of the notebook on catastrophic forgetting shows the classes from 0 to 9 in every
epoch. It explains why 6 and 0, though shown early, keep .95 and .91 by their likeness to 8 and 9,
shown last. With one order nobody can tell: here each of ten seeds has another, and together they
show every class at every place, and every class right after every other, once.
"""

from dataclasses import replace

from core import ClassSequential, Shuffled
from studies import baselines
from studies.definition.study import Quick, Study

shuffled = replace(baselines.shuffled, order=Shuffled(classes="latin-square"))

study = Study(
    name="class-position",
    question="Is it recency that saves a class, or looking like a class shown late?",
    minutes=3,
    conditions={
        "shuffled": shuffled,
        "class-sequential": replace(shuffled, order=ClassSequential(classes="latin-square")),
    },
    seeds=10,
    comparisons=(("class-sequential", "shuffled"),),
    # Fewer than ten seeds would be a part of the square, in which places and classes mix.
    quick=Quick(seeds=10, epochs=5, overrides={"batch_size": 5}),
)
