"""Finding a study, and telling one version of a user's builder from another."""

import itertools
import sys
from pathlib import Path

import pytest

from core import Recipe
from core.code_identity import source
from core.models import builder
from data import InputError
from studies.definition.catalogue import NAMES, find, study_in
from tests.studies.conftest import refused

HEAD = "from core import Recipe, spec\nfrom studies import Study\n"
TAIL = """
study = Study(
    name="mine",
    question="Is it found?",
    conditions={"a": Recipe(dataset="digits", model=spec(build))},
    seeds=2,
)
"""
BUILD = "def build(shape, classes):\n    return None\n"


def test_every_name_in_the_catalogue_is_a_study_of_that_name():
    assert [find(name).name for name in NAMES] == list(NAMES)


def test_a_name_with_a_slip_is_answered_with_the_name_meant():
    with pytest.raises(InputError, match="did you mean class-order"):
        find("class-ordr")


def test_a_users_file_is_loaded_once_and_its_builder_can_be_imported_by_name(tmp_path):
    file = tmp_path / "found_once.py"
    file.write_text(HEAD + BUILD + TAIL)
    study = study_in(file)
    assert study_in(file) is study
    assert study.conditions["a"].model.name == "found_once:build"
    assert builder("found_once:build") is sys.modules["found_once"].build


def test_a_users_file_may_import_its_neighbour(tmp_path):
    (tmp_path / "neighbour_of_study.py").write_text("SEEDS = 7\n")
    file = tmp_path / "with_neighbour.py"
    file.write_text(
        HEAD
        + BUILD
        + "from neighbour_of_study import SEEDS\n"
        + TAIL.replace("seeds=2", "seeds=SEEDS")
    )
    assert study_in(file).seeds == 7


def test_folders_called_like_ebbs_own_do_not_take_their_place(tmp_path):
    for name in ("data", "core", "studies", "analysis"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("raise SystemExit('the wrong one')\n")
    file = tmp_path / "between_traps.py"
    file.write_text(HEAD + BUILD + "from core import trainer_is_not_imported_here as x\n" + TAIL)
    with pytest.raises(InputError, match="cannot import name"):
        study_in(file)
    file.write_text(HEAD + BUILD + TAIL)
    assert isinstance(study_in(file).conditions["a"], Recipe)


WRONG_FILES = {
    "missing": (None, "there is none"),
    "syntax": ("def (\n", "line 1"),
    "raises": ("x = 1\nraise ValueError('one\\ntwo')\n", r"ValueError: one two \(line 2\)"),
    "leaves": ("raise SystemExit(5)\n", "SystemExit: 5"),
    "imports_nothing": ("import nowhere_to_be_found\n", "nowhere_to_be_found"),
    "defines_nothing": ("x = 1\n", "study = Study"),
    "defines_a_number": ("study = 3\n", "found int"),
    "statistics": (HEAD + BUILD + TAIL, "my_statistics.py"),
    "data": (HEAD + BUILD + TAIL, "my_data.py"),
    "my-study": (HEAD + BUILD + TAIL, "my_study.py"),
    "nested": (
        HEAD
        + "def outer():\n    def build(s, c): pass\n    return build\nbuild = outer()\n"
        + TAIL,
        "top level",
    ),
    "takes_too_little": (
        HEAD + "def build(shape): pass\n" + TAIL,
        r"expected one of \(input_shape, classes\)",
    ),
    "odd_name": (HEAD + BUILD + TAIL.replace("mine", "my study"), "letters, digits"),
    "without_seeds": (HEAD + BUILD + TAIL.replace("seeds=2", "seeds=0"), "seeds=0"),
    "without_conditions": (
        HEAD + "study = Study(name='mine', question='?', conditions={})\n",
        "without conditions",
    ),
    "talks_of_another": (
        HEAD + BUILD + TAIL.replace("seeds=2", "comparisons=(('a', 'b'),)"),
        "condition 'b'",
    ),
}


@pytest.mark.parametrize(("name", "content"), WRONG_FILES.items(), ids=WRONG_FILES)
def test_a_file_that_holds_no_study_is_refused_in_one_line(name, content, tmp_path, ebb):
    text, said = content
    if text is not None:
        (tmp_path / f"{name}.py").write_text(text)
    with pytest.raises(InputError, match=said):
        study_in(tmp_path / f"{name}.py")
    refused(ebb("run", f"{name}.py"))
    assert not (tmp_path / "results").exists()


def test_a_file_that_failed_can_be_mended_and_loaded(tmp_path):
    file = tmp_path / "mended.py"
    file.write_text("raise ValueError\n")
    with pytest.raises(InputError):
        study_in(file)
    file.write_text(HEAD + BUILD + TAIL)
    assert study_in(file).name == "mine"


@pytest.mark.parametrize(
    "build",
    [
        pytest.param("build = lambda shape, classes: None\n", id="lambda"),
        pytest.param("import functools\nbuild = functools.partial(print, end='')\n", id="partial"),
    ],
)
def test_a_builder_that_is_no_plain_function_is_refused_with_the_remedy(build, tmp_path):
    file = tmp_path / "no_plain_function.py"
    file.write_text(HEAD + build + TAIL)
    with pytest.raises(InputError, match=r"top level|with def"):
        study_in(file)


def test_a_users_study_cannot_take_the_name_of_one_of_ebbs_own(tmp_path):
    file = tmp_path / "usurper.py"
    file.write_text(HEAD + BUILD + TAIL.replace("mine", "class-order"))
    with pytest.raises(InputError, match="class-order"):
        study_in(file)


def test_any_way_of_failing_at_import_is_refused_in_one_line(tmp_path):
    file = tmp_path / "raises_base.py"
    file.write_text("raise BaseException('x')\n")
    try:
        study_in(file)
    except InputError:
        return
    except BaseException:
        pytest.fail("not an InputError")


PARTS = (
    HEAD
    + """
import functools

WIDTH = 8
TABLE = {"a": [1, 2]}
DEFAULT = 5
KINDS = frozenset({1, 2})
UNUSED = 3
first = lambda n: n
second = lambda n: 2 * n


def deep(n):
    return n + 1


def helper(n):
    return deep(n)


def in_a_class(n):
    return n


class Block:
    def __call__(self, n):
        return in_a_class(n) + 10


def twice(function):
    @functools.wraps(function)
    def inner(n):
        return function(function(n))

    return inner


def behind(n):
    return n * 7


@twice
def decorated(n):
    return behind(n)


def never_called(n):
    return n


def build(shape, classes, *, size=DEFAULT):
    inside = [TABLE for _ in (1,)]
    return helper(WIDTH), Block()(3), inside, first(1), second(2), decorated(3), KINDS, size
"""
    + TAIL
)

numbers = itertools.count()


def digest_of(text: str, folder: Path) -> str:
    """The digest of a study file's recipe, but for the file's name."""
    file = folder / f"version_{next(numbers)}.py"
    file.write_text(text)
    recipe = study_in(file).conditions["a"]
    return source(builder(recipe.model.name))


def changed(old: str, new: str, folder: Path) -> bool:
    assert old in PARTS
    return digest_of(PARTS, folder) != digest_of(PARTS.replace(old, new), folder)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param("helper(WIDTH)", "helper(WIDTH + 1)", id="the builder"),
        pytest.param("return deep(n)", "return deep(n) * 2", id="a helper"),
        pytest.param("return n + 1", "return n + 2", id="a helper of a helper"),
        pytest.param("in_a_class(n) + 10", "in_a_class(n) + 11", id="a class"),
        pytest.param("WIDTH = 8", "WIDTH = 9", id="a constant"),
        pytest.param("[1, 2]", "[1, 3]", id="a constant used in a comprehension"),
        pytest.param("2 * n", "3 * n", id="a lambda"),
        pytest.param("return behind(n)", "return -behind(n)", id="a decorated helper"),
        pytest.param("DEFAULT = 5", "DEFAULT = 6", id="a default's constant"),
        pytest.param("lambda n: n\n", "lambda n: -n\n", id="one of two lambdas"),
        pytest.param("{1, 2}", "{1, 3}", id="a set"),
        pytest.param(
            "def in_a_class(n):\n    return n",
            "def in_a_class(n):\n    return -n",
            id="what a class calls",
        ),
        pytest.param("n * 7", "n * 8", id="what a decorated helper calls"),
        pytest.param("function(function(n))", "function(n)", id="a decorator"),
    ],
)
def test_a_change_of_what_a_builder_uses_changes_the_recipes_digest(old, new, tmp_path):
    assert changed(old, new, tmp_path)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param("UNUSED = 3", "UNUSED = 4", id="a constant"),
        pytest.param("def never_called(n):\n    return n", "", id="a function"),
        pytest.param("seeds=2", "seeds=9", id="the study"),
        pytest.param("import functools\n", "import functools  # for wraps\n\n", id="a comment"),
    ],
)
def test_a_change_of_what_a_builder_does_not_use_leaves_the_digest(old, new, tmp_path):
    assert not changed(old, new, tmp_path)


def test_the_builders_source_is_part_of_the_recipes_digest(tmp_path):
    file = tmp_path / "digested.py"
    file.write_text(PARTS)
    before = study_in(file).conditions["a"].digest()
    assert study_in(file).conditions["a"].digest() == before
    del sys.modules["digested"]
    file.write_text(PARTS.replace("WIDTH = 8", "WIDTH = 19"))  # another size: no stale bytecode
    assert study_in(file).conditions["a"].digest() != before
