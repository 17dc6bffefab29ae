"""How much mixing prevents forgetting?

Between the two orders of the notebook on catastrophic forgetting: a fraction of the places in every
class's segment is open to all classes. 0 is its class-sequential run (C3), 1 shows all classes all
the time.
"""

from dataclasses import replace

from core import Blurred
from studies.baselines import shuffled
from studies.definition.study import Quick, Study

FRACTIONS = (0.0, 0.01, 0.05, 0.1, 0.2, 0.5, 1.0)

study = Study(
    name="blurred-order",
    question="How large a fraction of other classes in each class's segment prevents forgetting?",
    minutes=15,
    conditions={
        f"blur-{fraction:g}": replace(shuffled, order=Blurred(fraction=fraction))
        for fraction in FRACTIONS
    },
    margin=1.0,
    shown=("mean learned", "mean drop", "recency bias: last class"),
    comparisons=tuple((f"blur-{fraction:g}", "blur-1") for fraction in FRACTIONS[:-1]),
    quick=Quick(seeds=3, epochs=5, overrides={"batch_size": 5}),
)
