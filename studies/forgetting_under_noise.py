"""Wrong labels and class order together: do their effects add up, does replay still help?

No notebook asks this. The network and the data are those of the study `class-order`; a fifth of the
labels is wrong, and the buffer is the one of 2,000 examples of the study `replay`, where half of
each batch is replayed at equal compute.
"""

from dataclasses import replace

from core import EvaluationPlan, Recipe, Replay, SymmetricLabelNoise
from studies.baselines import SETS_BY_LABEL, class_sequential, shuffled, with_replay
from studies.definition.study import Interaction, Quick, Study


def crossed(name: str, recipe: Recipe) -> dict[str, Recipe]:
    """An order without and with wrong labels, without and with replay."""
    plain = replace(recipe, evaluation=EvaluationPlan(sets=SETS_BY_LABEL, segments=True))
    noisy = replace(plain, label_noise=SymmetricLabelNoise(0.2))
    replay = Replay(capacity=2000)
    return {
        name: plain,
        f"{name}-noise": noisy,
        f"{name}-replay": with_replay(plain, replay),
        f"{name}-noise-replay": with_replay(noisy, replay),
    }


study = Study(
    name="forgetting-under-noise",
    question="Do wrong labels make a network forget more, and does replay help then as well?",
    minutes=17,
    conditions={**crossed("shuffled", shuffled), **crossed("sequential", class_sequential)},
    shown=("mean drop", "train-corrupted accuracy", "train-corrupted-true-labels accuracy"),
    comparisons=(
        ("shuffled-noise", "shuffled"),
        ("sequential-noise", "sequential"),
        ("sequential-replay", "sequential"),
        ("sequential-noise-replay", "sequential-noise"),
    ),
    interactions=(
        Interaction(
            a="wrong labels",
            b="one class after the other",
            neither="shuffled",
            only_a="shuffled-noise",
            only_b="sequential",
            both="sequential-noise",
        ),
        Interaction(
            a="wrong labels",
            b="replay, class after class",
            neither="sequential",
            only_a="sequential-noise",
            only_b="sequential-replay",
            both="sequential-noise-replay",
        ),
    ),
    quick=Quick(seeds=3, epochs=0.2, overrides={"batch_size": 8}),
)
