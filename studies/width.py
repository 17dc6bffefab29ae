"""What the width of one hidden layer does: better training, and more overfitting?

Experiments D4a and D4d of the notebook on width and noise: Fashion-MNIST, one hidden layer,
Adam 1e-3, 50 epochs. As coded, every network has a layer of 10 relu units in front that the text
does not ask for. The notebook validates on 2,000 test images and has no test set; here the other
8,000 are the test set.
"""

from studies.baselines import with_widths
from studies.definition.study import Claim, Quick, Study

WIDTHS = (10, 50, 100, 500, 1000)

study = Study(
    name="width",
    question="Does a wider hidden layer fit Fashion-MNIST better, and does it overfit more?",
    minutes=78,
    conditions={
        **{f"width-{width}": with_widths(width) for width in WIDTHS},
        **{f"as-coded-{width}": with_widths(10, width) for width in WIDTHS},
    },
    shown=("accuracy", "best validation accuracy", "best validation loss", "validation loss"),
    comparisons=tuple((f"width-{width}", "width-10") for width in WIDTHS[1:]),
    claims=(
        Claim(
            "training accuracy rises with width",
            "accuracy",
            greater="as-coded-1000",
            smaller="as-coded-10",
        ),
        Claim(
            "overfitting grows with width: the validation loss ends higher",
            "validation loss",
            greater="as-coded-1000",
            smaller="as-coded-10",
        ),
    ),
    quick=Quick(seeds=3, epochs=5, overrides={"split.size": 100}),
)
