"""Which recipes a correction makes stale, told without building a network."""

from dataclasses import replace

import pytest

from core import Recipe, Transfer, spec
from core.numerics import _in_graph_mode

DENSE = Recipe(dataset="digits", model=spec("mlp", widths=(8,), dropout=0.5))


def of_my_own(input_shape, classes):
    """Never built."""


@pytest.mark.parametrize(
    ("changed", "touched"),
    [
        ({}, False),
        ({"model": spec("linear")}, False),
        ({"model": spec("deep-mlp", depth=3)}, False),
        ({"compiler": "graph"}, True),
        ({"compiler": "graph+xla"}, True),
        ({"model": spec("mlp", widths=(8,), batch_normalization=True)}, True),
        ({"model": spec("mlp", widths=(8,), augmentation=("shift-0.1",))}, True),
        *(({"model": spec(name)}, True) for name in ("cnn", "lenet", "alexnet", "resnet50")),
        ({"model": spec("normalised-mlp")}, True),
        ({"model": spec("cnn"), "compiler": "xla"}, False),
        ({"model": spec(of_my_own)}, True),
        ({"model": spec(of_my_own), "compiler": "xla"}, False),
    ],
    ids=str,
)
def test_onednn_touches_what_xla_does_not_compile_as_a_whole(changed, touched):
    assert _in_graph_mode(replace(DENSE, **changed)) == touched


def test_onednn_touches_what_begins_from_a_network_that_it_touches():
    source = replace(DENSE, model=spec("cnn"))
    assert _in_graph_mode(replace(DENSE, transfer=Transfer(source=source, layers=("hidden-1",))))
    assert not _in_graph_mode(replace(DENSE, transfer=Transfer(source=DENSE, layers=("hidden-1",))))
