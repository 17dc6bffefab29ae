"""Does it help to have seen digits before looking at photographs?

Experiment E4: a LeNet trained on MNIST for 10 epochs is put behind six small convolutions that
squeeze photographs to its size, and all of it is trained on STL-10 for 20 epochs; against the same
network from random weights. Reported from one run each. How the six convolutions were laid out was
not: here 8 filters of 3 x 3 each, the first with a stride where images are larger than 32 x 32, the
last with one filter. The other pair is the better design that the notebook's author suggests: the
digits are brought to the photographs' size, and the LeNet looks at these.

STL-10's files can only be had from its authors. The conditions whose names begin with cifar10 do
the same with CIFAR-10: `--conditions` runs those of one data set.

Gradients are measured layer by layer: in the first design a pretrained network may stop learning.
"""

from core import EvaluationPlan, Recipe, Transfer, spec
from studies.definition.study import Claim, Quick, Reported, Study

NOTEBOOK = "notebook on transfer"


def digits(like: tuple[int, ...] = ()) -> Transfer:
    """The notebook's training of a LeNet on MNIST."""
    source = Recipe(
        dataset="mnist",
        preprocessing=("scale",),
        model=spec("lenet-inside", like=like),
        optimiser=spec("Adam"),
        batch_size=32,
        epochs=10,
    )
    return Transfer(source=source, layers=("lenet",))


def photographs(dataset: str, model: str, transfer: Transfer | None = None) -> Recipe:
    """The notebook's training on photographs."""
    return Recipe(
        dataset=dataset,
        preprocessing=("scale",),
        model=spec(model),
        optimiser=spec("Adam"),
        transfer=transfer,
        evaluation=EvaluationPlan(measurements=("gradient-norms",)),
        batch_size=32,
        epochs=20,
    )


def conditions(dataset: str, side: int) -> dict[str, Recipe]:
    """Both pairs on one data set of photographs."""
    return {
        f"{dataset}-random": photographs(dataset, "squeezed-lenet"),
        f"{dataset}-pretrained": photographs(dataset, "squeezed-lenet", digits()),
        f"{dataset}-full-size-random": photographs(dataset, "lenet-inside"),
        f"{dataset}-full-size-pretrained": photographs(
            dataset, "lenet-inside", digits((side, side, 3))
        ),
    }


CIFAR10 = conditions("cifar10", 32)

study = Study(
    name="transfer",
    question="Does a network that has learned digits learn photographs better?",
    # CIFAR-10's as measured; STL-10's from one epoch on random images of its size and number.
    minutes=290,
    conditions={**conditions("stl10", 96), **CIFAR10},
    seeds=5,
    shown=("accuracy", "test loss"),
    comparisons=tuple(
        (f"{dataset}-{size}pretrained", f"{dataset}-{size}random")
        for dataset in ("stl10", "cifar10")
        for size in ("", "full-size-")
    ),
    reported=(
        Reported("stl10-pretrained", "test accuracy", 0.292, decimals=3, source=NOTEBOOK),
        Reported("stl10-random", "test accuracy", 0.361, decimals=3, source=NOTEBOOK),
    ),
    claims=tuple(
        Claim(
            f"on {dataset} the network from random weights is better",
            "test accuracy",
            greater=f"{dataset}-random",
            smaller=f"{dataset}-pretrained",
        )
        for dataset in ("stl10", "cifar10")
    ),
    quick=Quick(
        seeds=2,
        dataset="digits-colour",
        epochs=2,
        conditions=tuple(CIFAR10),
        overrides={
            "split.per_class": 50,
            "transfer.source.dataset": "digits",
            "transfer.source.epochs": 2,
        },
    ),
)
