"""What the documentation shows can be typed as it stands, and the notebook's outputs are real.

A page's blocks are executed from top to bottom in one empty folder: every line of `sh`, every block
of `python`; one after "Save this as `NAME`" is written to that file.
"""

import re
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

from studies.cli import ebb

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
EXECUTED = [DOCS / "tutorial.md", *sorted((DOCS / "how-to").glob("*.md"))]
PAGES = [*DOCS.rglob("*.md"), ROOT / "README.md"]
NOTEBOOK = DOCS / "class-order.ipynb"
BLOCK = re.compile(
    r"(Save this as\s+`(?P<file>[\w.]+)`[^`]*?)?```(?P<kind>\w+)\n(?P<text>.*?)```", re.DOTALL
)
PROGRAMS = "".join(
    f'{name}() {{ "{sys.executable}" {how} "$@"; }}\n'
    for name, how in {"ebb": "-P -m studies.cli", "python": ""}.items()
)


def blocks(page):
    return [match.groupdict() for match in BLOCK.finditer(page.read_text())]


def commands(page):
    lines = (block["text"] for block in blocks(page) if block["kind"] == "sh")
    return [line for text in lines for line in text.splitlines()]


def spec(pages):
    return [pytest.param(page, id=page.stem) for page in pages]


@pytest.mark.parametrize("page", spec(EXECUTED))
def test_every_block_is_one_that_is_executed(page):
    marks = re.findall(r"^```(\w*)$", page.read_text(), flags=re.M)
    assert set(marks[::2]) <= {"sh", "python", "csv"}
    assert set(marks[1::2]) <= {""}
    assert len(marks) == 2 * len(blocks(page))
    assert all(block["file"] for block in blocks(page) if block["kind"] == "csv")


@pytest.mark.parametrize("page", spec(EXECUTED))
def test_every_command_exists(page):
    for line in commands(page):
        program, *words = line.split()
        assert program in ("ebb", "python"), line
        if program == "ebb":
            assert words[0] in ebb.lazy, line


@pytest.mark.slow
@pytest.mark.parametrize("page", spec(EXECUTED))
def test_a_page_can_be_followed_literally(page, tmp_path):
    for i, block in enumerate(blocks(page)):
        if block["file"]:
            (tmp_path / block["file"]).write_text(block["text"])
            continue
        if block["kind"] == "python":
            (tmp_path / f"block_{i}.py").write_text(block["text"])
            words = [sys.executable, f"block_{i}.py"]
        else:
            words = ["bash", "-ec", PROGRAMS + block["text"]]
        done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, timeout=900)
        assert done.returncode == 0, (block["text"], done.stderr)


@pytest.mark.parametrize("page", spec(PAGES))
def test_every_link_leads_somewhere(page):
    for link in re.findall(r"\]\(([^)#\s]+)(?:#[\w-]+)?\)", page.read_text()):
        assert "://" in link or (page.parent / link).exists(), link


# The notebook.


def outputs(notebook):
    """What a reader sees as text, without the figures, which other processors may change."""
    for cell in notebook.cells:
        for output in cell.get("outputs", ()):
            data = output.get("data", {})
            text = output.get("text") or data.get("text/plain", "")
            yield sorted(data), re.sub(r"\W+", " ", re.sub(r"\d[\d.]*|<(?=\.)", "", text))


def test_the_notebook_holds_what_one_execution_showed():
    import nbformat

    notebook = nbformat.read(NOTEBOOK, as_version=4)
    nbformat.validate(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    shown = [output for cell in code for output in cell.outputs]
    assert {output.output_type for output in shown} <= {"execute_result", "stream"}
    assert sum("image/png" in output.get("data", {}) for output in shown) >= 3
    assert NOTEBOOK.stat().st_size < 1_000_000


@pytest.mark.slow
def test_the_notebook_shows_the_same_when_it_is_executed_anew():
    import nbformat

    executed = runpy.run_path(str(DOCS / "execute.py"))["executed"]
    kept = nbformat.read(NOTEBOOK, as_version=4)
    assert list(outputs(executed())) == list(outputs(kept))


# The reference.


@pytest.mark.slow
def test_the_reference_has_a_page_for_every_module_and_the_public_names(tmp_path):
    done = subprocess.run(
        [sys.executable, DOCS / "reference.py", tmp_path], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    modules = {
        str(file.relative_to(ROOT).with_suffix(""))
        for room in ("data", "core", "studies", "analysis")
        for file in (ROOT / room).rglob("*.py")
        if file.name not in ("__init__.py", "__main__.py", "cli.py", "worker.py")
    }
    pages = {str(page.relative_to(tmp_path).with_suffix("")) for page in tmp_path.rglob("*.html")}
    assert modules <= pages
    assert 'id="run"' in (tmp_path / "studies.html").read_text()
    assert 'id="forgetting_table"' in (tmp_path / "analysis.html").read_text()
