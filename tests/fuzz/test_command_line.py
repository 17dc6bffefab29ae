"""Any command with any options and values: one of three ends, and nothing is lost."""

import pytest
from hypothesis import given

from tests.fuzz.calling import LENGTHS, World, examples
from tests.fuzz.commands import COMMANDS, any_words, calls

NUMBER = {"run": 200, "table": 100, "compare": 100, "plan": 60, "list": 5, "report": 3}


@pytest.mark.parametrize("times", LENGTHS)
@pytest.mark.parametrize("name", COMMANDS)
def test_a_call_ends_well_or_is_refused_in_one_line(name: str, times: int, world: World) -> None:
    @examples(NUMBER.get(name, 40) * times // 3)
    @given(calls(name))
    def holds(words: list[str]) -> None:
        world.call(*words)

    holds()


@pytest.mark.parametrize("times", LENGTHS)
def test_any_words_at_all_end_well_or_are_refused(times: int, world: World) -> None:
    @examples(100 * times // 3)
    @given(any_words())
    def holds(words: list[str]) -> None:
        world.call(*words)

    holds()
