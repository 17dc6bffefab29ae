"""A function of a notebook's cell: its file holds what it reaches, and its key is that code."""

import linecache
import subprocess
import sys

import pytest

from core import Recipe, spec
from core.cells import file_in, in_a_cell, is_of_a_cell
from data import InputError

CELLS = """
import math
from collections import OrderedDict as Ordered
WIDTH = 8
UNUSED = object()
def half(n):
    "Doc."
    return n // 2
class Sizes:
    def both(self):
        return [WIDTH, half(WIDTH), math.floor(1.5), len(Ordered())]
def build(shape, classes):
    return Sizes().both()
"""


def cells(text, name="<ipython-input-1-abc>"):
    """The names that a cell leaves, as IPython runs one."""
    names = {"__name__": "__main__"}
    linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
    exec(compile(text, name, "exec"), names)
    return names


def test_a_file_holds_what_a_cell_s_function_reaches_and_another_process_imports_it():
    build = cells(CELLS)["build"]
    assert in_a_cell(build)
    module, function = spec(build).name.split(":")
    recipe = Recipe(dataset="digits", model=spec(build), epochs=1)
    file = file_in(f'"{spec(build).name}"')
    assert file.stem == module
    assert is_of_a_cell(file)
    assert "UNUSED" not in file.read_text()
    code = f"import sys; sys.path.append({str(file.parent)!r}); import {module} as m"
    call = f"{code}; print(m.{function}(None, 0))"
    found = subprocess.run([sys.executable, "-c", call], capture_output=True, text=True, check=True)
    assert found.stdout == "[8, 4, 1, 0]\n"
    assert recipe.digest() == Recipe(dataset="digits", model=spec(build), epochs=1).digest()


@pytest.mark.parametrize(
    ("before", "after", "same"),
    [
        ("return n // 2", "return n // 2  # floor", True),
        ("return n // 2", "return n // 3", False),
        ("WIDTH = 8", "WIDTH = 9", False),
        ("UNUSED = object()", "UNUSED = 1", True),
    ],
)
def test_the_key_changes_with_the_code_that_is_reached(before, after, same):
    def digest(text):
        return Recipe(dataset="digits", model=spec(cells(text)["build"]), epochs=1).digest()

    assert (digest(CELLS) == digest(CELLS.replace(before, after))) == same


def test_two_cells_of_one_name_are_two_functions():
    first = spec(cells("def build(shape, classes):\n    return 1\n")["build"])
    second = spec(cells("def build(shape, classes):\n    return 2\n")["build"])
    assert first.name != second.name


def test_what_cannot_be_written_down_is_refused_by_its_name():
    text = "layer = object()\ndef build(shape, classes):\n    return layer\n"
    with pytest.raises(InputError, match="uses 'layer', a object"):
        spec(cells(text)["build"])


def test_a_name_of_its_own_is_not_that_of_the_notebook():
    text = (
        "x = object()\nshape = object()\ndef build(shape, classes):\n    x = shape\n    return x\n"
    )
    assert spec(cells(text)["build"]).name == spec(cells(text[text.index("def") :])["build"]).name


def test_a_function_without_lines_is_refused_as_before():
    names = {"__name__": "__main__"}
    exec("def build(shape, classes):\n    return 1\n", names)
    with pytest.raises(InputError, match="expected one with a name at the top level"):
        spec(names["build"])
