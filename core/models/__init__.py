"""The networks that Ebb can name. Any other function that returns a Keras model does as well.

A builder takes the shape of one input, the number of classes, and its own keyword parameters.
Keras is imported inside, so that recipes can be written without it.
"""

from collections.abc import Callable
from typing import Any

from core.models.alexnet import alexnet
from core.models.cnn import cnn
from core.models.lenet import lenet
from core.models.lenet_inside import lenet_inside, squeezed_lenet
from core.models.mlp import deep_mlp, linear, mlp
from core.models.normalised_mlp import normalised_mlp
from core.models.resnet50 import resnet50
from core.spec import resolve

BUILDERS: dict[str, Callable[..., Any]] = {
    "linear": linear,
    "mlp": mlp,
    "deep-mlp": deep_mlp,
    "normalised-mlp": normalised_mlp,
    "cnn": cnn,
    "lenet": lenet,
    "lenet-inside": lenet_inside,
    "squeezed-lenet": squeezed_lenet,
    "alexnet": alexnet,
    "resnet50": resnet50,
}


def builder(name: str) -> Callable[..., Any]:
    """The function that builds a model: one of `BUILDERS`, or `module:function`."""
    return BUILDERS[name] if name in BUILDERS else resolve(name)
