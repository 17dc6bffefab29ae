"""What is compared keeps as many bytes, to an image of each class."""

import pytest

from studies.equal_bytes import study
from studies.results.kept import bytes_kept


@pytest.mark.parametrize("pair", study.comparisons)
def test_what_is_compared_keeps_as_many_bytes(pair):
    recipes = (study.recipe(name) for name in pair)
    one, other = (bytes_kept(each.to_json(), each.outputs(10)) for each in recipes)
    assert min(one, other) > (350_000 if "one" in pair[1] else 700_000)
    assert abs(one - other) < 10 * 784
