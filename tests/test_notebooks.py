"""The notebooks in docs/notebooks show what one execution gave, and can be executed again.

Their commands and links are checked with those of the other pages, in test_documentation.py.
"""

import ast
import re
import runpy
from functools import partial
from pathlib import Path

import nbformat
import pytest

import studies
from studies.definition.catalogue import NAMES

DOCS = Path(__file__).parent.parent / "docs"
PATHS = sorted((DOCS / "notebooks").glob("*.ipynb"))
READ = {path.stem: nbformat.read(path, as_version=4) for path in PATHS}
PLACE = re.compile(r"(?<![\w.>/])/(home|root|tmp|work|usr|Users|private|var|opt|mnt)/|[A-Z]:\\\\")
MOMENT = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d")

each = pytest.mark.parametrize("notebook", READ.values(), ids=READ)


def code(notebook, *tags):
    """The cells of code, or those with one of these tags."""
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    return [cell for cell in cells if not tags or set(tags) & set(cell.metadata.get("tags", ()))]


def texts(notebook):
    """The text of the notebook."""
    return "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")


def outputs(notebook):
    """What a reader sees as text, without the figures, which other processors may change."""
    for cell in notebook.cells:
        for output in cell.get("outputs", ()):
            data = output.get("data", {})
            text = output.get("text") or data.get("text/html") or data.get("text/plain", "")
            yield sorted(data), re.sub(r"\W+", " ", re.sub(r"\d[\d.]*|<(?=\.)", "", text))


def test_there_is_one_for_each_notebook_of_the_course():
    assert [name[0] for name in READ] == list("abcde")


@each
def test_a_notebook_holds_what_one_execution_showed(notebook):
    nbformat.validate(notebook)
    cells = code(notebook)
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    shown = [output for cell in cells for output in cell.outputs]
    kinds = {output.output_type for output in shown}
    assert kinds <= {"display_data", "execute_result", "stream"}
    assert all(output.name == "stdout" for output in shown if output.output_type == "stream")
    assert sum("image/png" in output.get("data", {}) for output in shown) >= 2
    assert all(cell.outputs for cell in code(notebook, "full", "quick"))


@pytest.mark.parametrize("path", PATHS, ids=READ)
def test_a_notebook_is_small(path):
    assert path.stat().st_size < 400_000


@each
def test_a_notebook_shows_no_place_of_a_machine_and_no_moment(notebook):
    # Pictures in base64 have any letters.
    text = re.sub(r'"image/png": "[^"]*"', "", nbformat.writes(notebook))
    assert not PLACE.search(text)
    assert not MOMENT.search(text)


@each
def test_every_study_that_a_notebook_names_exists(notebook):
    source = "\n".join(cell.source for cell in code(notebook))
    full = set(re.findall(r'full\("([\w-]+)"\)', source))
    quick = set(re.findall(r'studies\.run\(\s*"([\w-]+)"', source))
    assert full <= set(NAMES)
    assert quick <= full
    assert full <= set(re.findall(r"`([\w-]+)`", texts(notebook)))


@each
def test_a_notebook_ends_with_three_exercises_with_commands_and_answers(notebook):
    assert texts(notebook).count("## Exercises") == 1
    exercises = re.split(r"^\*\*\d\. ", texts(notebook).split("## Exercises")[1], flags=re.M)[1:]
    assert len(exercises) == 3
    for exercise in exercises:
        assert re.search(r"```(sh|python)\n", exercise), exercise
        assert "<details><summary>Answer</summary>\n\n" in exercise, exercise
        assert "\n\n</details>" in exercise, exercise


def test_exports_are_read_by_the_same_cell_everywhere():
    assert len({code(notebook)[0].source for notebook in READ.values()}) == 1


@pytest.fixture
def beside_docs(tmp_path, monkeypatch):
    """A folder that lies to what a notebook reads as docs/notebooks does."""
    (tmp_path / "notebooks").mkdir()
    for name in ("data", "results.md"):
        (tmp_path / name).symlink_to(DOCS / name)
    monkeypatch.chdir(tmp_path / "notebooks")
    for name in ("EBB_STORE", "EBB_DATA"):
        monkeypatch.delenv(name, raising=False)


def execute(cell, names):
    """Execute a cell in this process, and make what its last line shows."""
    tree = ast.parse(cell.source)
    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, "cell", "exec"), names)
    if last is not None:
        shown = eval(compile(ast.Expression(last.value), "cell", "eval"), names)
        for made in ("_repr_html_", "_repr_png_"):
            getattr(shown, made, str)()


def test_the_cells_of_a_notebook_can_be_executed(beside_docs, monkeypatch):
    short = {"seeds": 2, "workers": 1, "overrides": {"compiler": "graph"}}
    monkeypatch.setattr(studies, "run", partial(studies.run, **short))
    notebook = READ["a-linear-tanh-relu"]
    names: dict[str, object] = {}
    # One training: another would start TensorFlow in another process.
    for cell in [*code(notebook)[:1], *code(notebook, "full"), *code(notebook, "quick")[:1]]:
        execute(cell, names)


@pytest.mark.slow
@pytest.mark.parametrize("path", PATHS, ids=READ)
def test_a_notebook_shows_the_same_when_it_is_executed_anew(path):
    executed = runpy.run_path(str(DOCS / "execute.py"))["executed"]
    assert list(outputs(executed(path))) == list(outputs(READ[path.stem]))
