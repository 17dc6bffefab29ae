"""The networks and the examples of the study of augmentation."""

from dataclasses import fields

import pytest

from core.training.build import fresh_model
from core.training.preparation import prepare
from data import load
from studies.definition.catalogue import find
from studies.definition.variant import variant_of

CONDITIONS = find("augmentation").conditions


def network(condition):
    """The parameters and the layers before the first dense one."""
    model = fresh_model(CONDITIONS[condition], 0, load("digits"))
    kinds = [type(layer).__name__ for layer in model.layers]
    return model.count_params(), kinds[: kinds.index("Dense")]


def test_the_layers_that_augment_have_no_weights():
    count = 784 * 128 + 128 + 128 * 128 + 128 + 128 * 10 + 10
    assert network("plain") == (count, ["Flatten"])
    changes = ["RandomFlip", "RandomRotation", "RandomTranslation"]
    assert network("augmented") == (count, ["Reshape", *changes, "Flatten"])


def test_the_network_as_coded_has_ten_units_in_front():
    count = 784 * 10 + 10 + 10 * 128 + 128 + 128 * 128 + 128 + 128 * 10 + 10
    assert network("as-coded-plain") == network("as-coded-copy") == (count, ["Flatten"])


@pytest.mark.parametrize(
    ("a", "b", "field"),
    [("augmented", "plain", "model"), ("as-coded-copy", "as-coded-plain", "augmented_copy")],
)
def test_a_comparison_is_of_networks_that_differ_in_the_augmentation_alone(a, b, field):
    assert (a, b) in find("augmentation").comparisons
    one, other = CONDITIONS[a], CONDITIONS[b]
    assert [f.name for f in fields(one) if getattr(one, f.name) != getattr(other, f.name)] == [
        field
    ]


def test_as_coded_the_training_part_doubles_and_the_test_file_is_split_as_before():
    quick = variant_of(find("augmentation"), {}, quick=True).study.conditions
    sizes = {
        name: [len(part) for part in prepare(quick[name], 0, load("digits")).split]
        for name in ("as-coded-plain", "as-coded-copy")
    }
    assert sizes == {"as-coded-plain": [1437, 100, 260], "as-coded-copy": [2874, 100, 260]}
