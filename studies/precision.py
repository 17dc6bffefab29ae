"""Does it matter that products are computed with 16 bits?

The two conditions of class-order, the naive network of cnn and two widths of width, each in float32
and under Keras' policy mixed_bfloat16: products and activations with the 8 significant bits of
bfloat16, weights and the last layer's softmax in float32. Pairs share everything else. Half a point
of test accuracy was set beforehand as what does not matter. `ebb compare precision --per-class`
asks for each class; for what is forgotten, of the conditions in class order alone,
`ebb compare precision class-sequential-mixed class-sequential --metric "mean drop" --margin 1`.
"""

from dataclasses import replace

from core import Recipe
from studies.baselines import class_sequential, convolutional, shuffled, with_widths
from studies.definition.study import Quick, Study

ASKED: dict[str, Recipe] = {
    "shuffled": shuffled,
    "class-sequential": class_sequential,
    "cnn": convolutional(),
    **{f"width-{width}": with_widths(width) for width in (100, 1000)},
}

study = Study(
    name="precision",
    question="Does mixed_bfloat16 change accuracy, forgetting or the figures of single classes?",
    conditions={
        **ASKED,
        **{
            f"{name}-mixed": replace(recipe, precision="mixed_bfloat16")
            for name, recipe in ASKED.items()
        },
    },
    margin=0.5,
    shown=("test loss",),
    comparisons=tuple((f"{name}-mixed", name) for name in ASKED),
    quick=Quick(
        seeds=3,
        epochs=5,
        conditions=tuple(
            name + ending
            for name in ("shuffled", "class-sequential", "width-100")
            for ending in ("", "-mixed")
        ),
        overrides={"batch_size": 10, "split.size": 0.1},
    ),
)
