"""Which replay buffer makes training on one class after the other as good as on shuffled data?

How large, how chosen, how much of it shown. Experiment C5 of the notebook on catastrophic
forgetting, which names the remedy and gives no figures. Where a fraction of each batch is
replayed, an epoch takes more steps: those conditions have as many fewer epochs, so that every
condition trains on the same number of examples.
"""

from core import Replay
from studies.baselines import class_sequential, shuffled, with_replay
from studies.definition.study import Quick, Study

BUFFERS = {
    **{f"reservoir-{n}": Replay(capacity=n) for n in (100, 500, 2000, 10_000)},
    "class-balanced-500": Replay(buffer="class-balanced", capacity=500),
    "ring-500": Replay(buffer="ring", capacity=500),
    "herding-500": Replay(buffer="herding", capacity=500),
    "quarter-2000": Replay(capacity=2000, fraction=0.25),
    "three-quarters-2000": Replay(capacity=2000, fraction=0.75),
    # Room for all that was ever shown: what the order costs even so.
    "reservoir-54000": Replay(capacity=54_000),
    "nine-tenths-54000": Replay(capacity=54_000, fraction=0.9),
}

study = Study(
    name="replay",
    question="Which replay buffer makes training on one class after the other as good as training "
    "on shuffled data, at equal compute?",
    minutes=25,
    conditions={
        "shuffled": shuffled,
        "class-sequential": class_sequential,
        **{name: with_replay(class_sequential, replay) for name, replay in BUFFERS.items()},
    },
    margin=1.0,
    shown=("mean learned", "mean drop", "recency bias: last class"),
    comparisons=tuple((name, "shuffled") for name in ("class-sequential", *BUFFERS)),
    quick=Quick(seeds=3, epochs=0.2, overrides={"batch_size": 8}),
)
