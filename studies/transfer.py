"""Does it help to have seen digits before looking at photographs?

Experiment E4: a LeNet trained on MNIST for 10 epochs is put behind six small convolutions that
squeeze photographs to its size, and all of it is trained on STL-10 for 20 epochs; against the same
network from random weights. Reported from one run each. How the six convolutions were laid out was
not: here 8 filters of 3 x 3 each, the first with a stride where images are larger than 32 x 32, the
last with one filter. The other pair is the better design that the notebook's author suggests: the
digits are brought to the photographs' size, and the LeNet looks at these.

STL-10's files can only be had from its authors. The conditions whose names begin with cifar10 do
the same with CIFAR-10: `--conditions` runs those of one data set.
"""

from typing import Any

from core import Recipe, Transfer, named
from studies.study import Claim, Quick, Reported, Study

NOTEBOOK = "notebook on transfer"
SIDE = 28


def lenet_inside(input_shape: tuple[int, ...], classes: int, *, like: tuple[int, ...] = ()) -> Any:
    """A LeNet as one layer called `lenet`, behind what brings images to its form.

    Args:
        input_shape: Shape of one image.
        classes: Number of classes.
        like: Shape of the images that the LeNet looks at, if they are others.
    """
    from keras import Sequential, layers

    from core.models.lenet import lenet

    model = Sequential([layers.Input(input_shape)])
    if like:
        model.add(layers.Reshape((*input_shape[:2], 1)))
        model.add(layers.Resizing(*like[:2]))
        # A 1 x 1 convolution with ones that is not trained: grey becomes three equal channels.
        grey = layers.Conv2D(like[2], 1, use_bias=False, kernel_initializer="ones")
        grey.trainable = False
        model.add(grey)
    core = lenet(like or input_shape, classes)
    core.name = "lenet"
    model.add(core)
    return model


def squeezed(input_shape: tuple[int, ...], classes: int) -> Any:
    """Six small convolutions from photographs to 28 x 28, then a LeNet."""
    from keras import Sequential, layers

    from core.models.lenet import lenet

    stride = min(input_shape[:2]) // 32
    model = Sequential([layers.Input(input_shape)])
    for strides, padding in ((stride, "same"), (1, "same"), (1, "same"), (1, "valid")):
        model.add(layers.Conv2D(8, 3, strides=strides, padding=padding, activation="relu"))
    model.add(layers.Conv2D(8, 3, activation="relu"))
    model.add(layers.Conv2D(1, 3, padding="same", activation="relu"))
    core = lenet((SIDE, SIDE, 1), classes)
    core.name = "lenet"
    model.add(core)
    return model


def digits(like: tuple[int, ...] = ()) -> Transfer:
    """The notebook's training of a LeNet on MNIST."""
    source = Recipe(
        dataset="mnist",
        preprocessing=("scale",),
        model=named(lenet_inside, like=like) if like else named(lenet_inside),
        optimiser=named("Adam"),
        batch_size=32,
        epochs=10,
    )
    return Transfer(source=source, layers=("lenet",))


def photographs(dataset: str, model: Any, transfer: Transfer | None = None) -> Recipe:
    """The notebook's training on photographs."""
    return Recipe(
        dataset=dataset,
        preprocessing=("scale",),
        model=named(model),
        optimiser=named("Adam"),
        transfer=transfer,
        batch_size=32,
        epochs=20,
    )


def conditions(dataset: str, side: int) -> dict[str, Recipe]:
    """Both pairs on one data set of photographs."""
    return {
        f"{dataset}-random": photographs(dataset, squeezed),
        f"{dataset}-pretrained": photographs(dataset, squeezed, digits()),
        f"{dataset}-full-size-random": photographs(dataset, lenet_inside),
        f"{dataset}-full-size-pretrained": photographs(
            dataset, lenet_inside, digits((side, side, 3))
        ),
    }


CIFAR10 = conditions("cifar10", 32)

study = Study(
    name="transfer",
    question="Does a network that has learned digits learn photographs better?",
    conditions={**conditions("stl10", 96), **CIFAR10},
    seeds=5,
    shown=("accuracy", "test loss"),
    comparisons=tuple(
        (f"{dataset}-{size}pretrained", f"{dataset}-{size}random")
        for dataset in ("stl10", "cifar10")
        for size in ("", "full-size-")
    ),
    reported=(
        Reported(
            condition="stl10-pretrained", metric="test accuracy", value=0.292, source=NOTEBOOK
        ),
        Reported(condition="stl10-random", metric="test accuracy", value=0.361, source=NOTEBOOK),
    ),
    claims=tuple(
        Claim(
            text=f"on {dataset} the network from random weights is better",
            metric="test accuracy",
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
