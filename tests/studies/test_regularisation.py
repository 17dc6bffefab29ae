"""The networks of the study of regularisation."""

import pytest

from core import replaced, spec
from core.training.build import fresh_model
from data import InputError, load
from studies.definition.catalogue import find


def hidden_layers(condition):
    """The dense layers before the output, and how many dropouts there are."""
    model = fresh_model(find("regularisation").conditions[condition], 0, load("digits"))
    dropouts = [each for each in model.layers if type(each).__name__ == "Dropout"]
    return [each for each in model.layers if type(each).__name__ == "Dense"][:-1], len(dropouts)


def penalties(condition):
    found = [layer.kernel_regularizer for layer in hidden_layers(condition)[0]]
    return [None if each is None else float(each.l2) for each in found]


def test_the_penalty_is_on_the_two_hidden_kernels_and_not_on_the_layer_in_front():
    assert penalties("l2-0.001") == pytest.approx([0.001, 0.001])
    assert penalties("as-coded-l2-0.001") == [None, pytest.approx(0.001), pytest.approx(0.001)]
    assert penalties("deep") == [None, None]


def test_dropout_is_also_behind_the_layer_in_front():
    assert [hidden_layers(name)[1] for name in ("deep", "dropout-0.5", "as-coded-dropout-0.5")] == [
        *(0, 2, 3)
    ]


def test_the_layer_in_front_has_ten_units():
    for condition, widths in (("deep", [128, 128]), ("as-coded-deep", [10, 128, 128])):
        assert [layer.units for layer in hidden_layers(condition)[0]] == widths


def test_penalties_for_another_number_of_layers_are_refused():
    recipe = replaced(find("regularisation").conditions["deep"], "model", spec("mlp"))
    wrong = replaced(recipe, "model", spec("mlp", widths=(4, 4), l2=(0.1,)))
    with pytest.raises(InputError, match="Received model mlp with"):
        fresh_model(wrong, 0, load("digits"))
