"""Names of conditions that a sweep makes say the values, and are read back."""

import pytest

from analysis.swept import base_of, by_value, settings_of, swept_name


@pytest.mark.parametrize(
    "settings",
    [
        {"learning_rate": 1e-05, "batch_size": 32},
        {"rate": 1e30, "replay.fraction": 0.5},
        {"widths": (100, 100), "activation": "relu"},
        {"shuffle": True},
    ],
)
@pytest.mark.parametrize("base", ["", "class-sequential", "1+2"])
def test_a_name_says_its_values(base, settings):
    name = swept_name(base, settings)
    assert settings_of(name) == settings
    assert base_of(name) == base


def test_a_name_without_values_is_itself():
    assert settings_of("tanh-1e-5+x") == {}
    assert base_of("tanh-1e-5+x") == "tanh-1e-5+x"


def test_numbers_are_in_their_order():
    names = ["a=10", "a=9", "a=1e-05"]
    assert sorted(names, key=by_value) == ["a=1e-05", "a=9", "a=10"]
