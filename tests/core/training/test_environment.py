"""Records are of one environment: what can move numbers counts, Ebb's own version does not."""

import pytest

from core import environment, fingerprint


@pytest.mark.parametrize(
    "name", ["tensorflow", "keras", "numpy", "processor", "threads", "xla", "core"]
)
def test_what_can_move_numbers_tells_environments_apart(name):
    assert fingerprint({**environment(), name: "another"}) != fingerprint(environment())


def test_the_version_of_ebb_is_recorded_and_not_compared():
    assert "ebb" in environment()
    assert fingerprint({**environment(), "ebb": "9.9"}) == fingerprint(environment())
