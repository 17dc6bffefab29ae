"""What the documents show can be typed as it stands, and what they name is there.

Every call of `ebb` in any document is one that the command line understands. Of `FOLLOWED` pages
the blocks are executed from top to bottom in one empty folder: every line of `sh`, every block of
`python`; one after "Save this as `NAME`" is written to that file. `INSTEAD` lists the lines that
need data or hours, and what is done instead.
"""

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from pkgutil import resolve_name

import pytest
import yaml
from click.testing import CliRunner

import studies
from studies.cli import ebb
from studies.definition.catalogue import NAMES
from tests.studies.conftest import FakeWorkers

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
README = ROOT / "README.md"
CONTRIBUTING = ROOT / "CONTRIBUTING.md"
NOTEBOOKS = sorted((DOCS / "notebooks").glob("*.ipynb"))
PAGES = [README, CONTRIBUTING, *sorted(DOCS.rglob("*.md")), *NOTEBOOKS]
FOLLOWED = [
    README,
    *(DOCS / f"{name}.md" for name in ("tutorial", "studies", "data", "report", "reliability")),
    *sorted((DOCS / "how-to").glob("*.md")),
    *NOTEBOOKS,
]
"""The commands of docs/cluster.md are those of tests/studies/running/test_cluster.py."""
INSTEAD = {
    "make demo": "",  # an installation, then the README's first study
    "source .venv/bin/activate": "",
    # MNIST, and minutes on it.
    "ebb run class-order": "ebb run class-order --dataset digits --dry-run",
    "ebb check class-order": "ebb check --help",
    # Photographs, and hours on them.
    **{
        line: f"{line.partition(' --')[0]} --quick --dry-run"
        for line in (
            "ebb run initialisers",
            "ebb run cifar-optimisers",
            "ebb run transfer --conditions cifar10-random,cifar10-pretrained",
        )
    },
}
"""Lines that are not executed as they stand, and what is executed instead."""
KINDS = {"sh", "python", "csv", "text"}
BLOCK = re.compile(
    r"(Save this as\s+`(?P<file>[\w.]+)`[^`]*?(`[^`]+`[^`]*?)?)?```(?P<kind>\w*)\n(?P<text>.*?)```",
    re.DOTALL,
)
PROGRAMS = "".join(
    f'{name}() {{ "{sys.executable}" {how} "$@"; }}\n'
    for name, how in {"ebb": "-P -m studies.cli", "python": ""}.items()
)


def text_of(page):
    """What is written on a page; of a notebook the text between its cells of code."""
    if page.suffix == ".md":
        return page.read_text()
    cells = json.loads(page.read_text())["cells"]
    return "\n\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "markdown")


def blocks(page):
    return [match.groupdict() for match in BLOCK.finditer(text_of(page))]


def spans(page):
    """What stands between backquotes in the text, outside of blocks."""
    text = re.sub(r"^```.*?^```", "", text_of(page), flags=re.DOTALL | re.MULTILINE)
    return [" ".join(each.split()) for each in re.findall(r"`([^`]+)`", text)]


def calls(page):
    """Every call of `ebb` on a page, in a block or in the text, without what a shell adds."""
    lines = [line for block in blocks(page) for line in block["text"].splitlines()]
    shown = [line for line in [*lines, *spans(page)] if line.startswith("ebb ")]
    return [re.split(r"\s+[#>&]", line)[0].split()[1:] for line in shown]


def by_name(pages):
    return [pytest.param(page, id=str(page.relative_to(ROOT).with_suffix(""))) for page in pages]


CALLS = sorted({tuple(call) for page in PAGES for call in calls(page)})
RUNS = [call for call in CALLS if call[0] == "run" and set(call[1:2]) & set(NAMES)]
ELSEWHERE = (".npz", "cifar10", "--fields")
"""Ends of words of what is made on a page, not on this machine, or plans nothing."""
RUNS = [call for call in RUNS if not any(word.endswith(ELSEWHERE) for word in call)]


@pytest.mark.parametrize("page", by_name(PAGES))
def test_every_block_says_what_it_is(page):
    marks = re.findall(r"^```(\w*)$", text_of(page), flags=re.MULTILINE)
    assert set(marks[::2]) <= KINDS
    assert set(marks[1::2]) <= {""}
    assert len(marks) == 2 * len(blocks(page))
    assert all(block["file"] for block in blocks(page) if block["kind"] == "csv")


@pytest.mark.parametrize("call", CALLS, ids=" ".join)
def test_every_call_has_a_command_and_options_that_there_are(call):
    command, words = ebb, list(call)
    while hasattr(command, "get_command") and words and re.fullmatch(r"[a-z]+", words[0]):
        command = command.get_command(None, words.pop(0))
        assert command is not None, call
    if "COMMAND" not in words:
        command.make_parser(command.make_context("ebb", [], resilient_parsing=True)).parse_args(
            words
        )


@pytest.mark.parametrize("call", RUNS, ids=" ".join)
def test_every_run_can_be_planned(call, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("studies.running.runner.in_processes", FakeWorkers())
    small = [] if {"--quick", "--dataset"} & set(call) else ["--quick"]
    fits = [re.sub(r"(?<=per_class=)\d+", "20", word) for word in call]
    planned = CliRunner().invoke(ebb, [*fits, *small, "--dry-run"])
    assert planned.exit_code == 0, planned.exception
    assert "to do" in planned.output


@pytest.fixture
def study_of_the_readme(tmp_path):
    (block,) = [each for each in blocks(README) if each["file"]]
    (tmp_path / block["file"]).write_text(block["text"])
    return block["file"]


def test_the_study_of_the_readme_can_be_planned(study_of_the_readme, tmp_path):
    done = executed_line(f"ebb run {study_of_the_readme} --dry-run", tmp_path)
    assert done.returncode == 0, done.stderr
    assert "to do" in done.stdout


@pytest.mark.slow
def test_the_study_of_the_readme_runs_as_printed(study_of_the_readme, tmp_path):
    done = executed_line(f"ebb run {study_of_the_readme}", tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("my-study (full): ")
    assert "what each class loses after its training segment" in done.stdout


def executed_line(line, folder):
    words = ["bash", "-ec", PROGRAMS + line]
    return subprocess.run(words, cwd=folder, capture_output=True, text=True, timeout=900)


@pytest.mark.parametrize("page", by_name(FOLLOWED))
def test_every_line_of_a_page_that_is_followed_can_be_executed(page):
    for block in blocks(page):
        for line in block["text"].splitlines() if block["kind"] == "sh" else ():
            assert line in INSTEAD or line.split()[0] in ("ebb", "python"), line


@pytest.mark.slow
@pytest.mark.parametrize("page", by_name(FOLLOWED))
def test_a_page_can_be_followed_literally(page, tmp_path):
    follow(page, tmp_path)


@pytest.mark.slow
def test_pages_can_be_followed_one_after_the_other_in_one_folder(tmp_path):
    for name in ("own-data", "paper"):
        follow(DOCS / "how-to" / f"{name}.md", tmp_path)


def follow(page, tmp_path):
    """Do in a folder what a page says."""
    for i, block in enumerate(blocks(page)):
        if block["file"]:
            (tmp_path / block["file"]).write_text(block["text"])
        elif block["kind"] == "python":
            (tmp_path / f"block_{i}.py").write_text(block["text"])
            done = executed_line(f"python block_{i}.py", tmp_path)
            assert done.returncode == 0, (block["text"], done.stderr)
        elif block["kind"] == "sh":
            for line in block["text"].splitlines():
                done = executed_line(INSTEAD.get(line, line), tmp_path)
                assert done.returncode == 0, (line, done.stderr)


@pytest.mark.parametrize("page", by_name(PAGES))
def test_every_link_leads_somewhere(page):
    for link, anchor in re.findall(r"\]\(([^)#\s]*)(?:#([\w-]+))?\)", text_of(page)):
        target = page.parent / link if link else page
        assert "://" in link or target.exists(), link
        if anchor and target.exists():
            assert anchor in anchors(target), (link, anchor)


def anchors(page):
    """What its headings can be linked by, on the site and where a repository is shown."""
    text = re.sub(r"^```.*?^```", "", text_of(page), flags=re.DOTALL | re.MULTILINE)
    headings = re.findall(r"^#+ (.+)$", text, flags=re.MULTILINE)
    return [re.sub(r"[^\w -]", "", each.lower()).replace(" ", "-") for each in headings]


PLACES = ("analysis", "benchmarks", "core", "data", "docs", "studies", "tests")


@pytest.mark.parametrize("page", by_name(PAGES))
def test_every_place_that_is_named_is_there(page):
    for span in spans(page):
        if re.fullmatch(rf"({'|'.join(PLACES)})(/[\w.-]+)*/?", span) and "/" in span:
            assert (ROOT / span).exists(), span
        elif re.fullmatch(rf"({'|'.join(PLACES)})(\.[a-zA-Z_]\w*)+", span):
            assert span.endswith(".py") or resolve_name(span), span


def test_every_target_of_make_that_is_named_is_there():
    targets = set(re.findall(r"^(\w[\w-]*):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE))
    for page in PAGES:
        named = re.findall(r"(?:^|`)make ([a-z-]+)", text_of(page), flags=re.MULTILINE)
        assert set(named) <= targets, page


def test_the_citation_is_of_this_version():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert {"cff-version", "message", "title", "authors"} <= set(citation)
    assert citation["cff-version"] == "1.2.0"
    assert (citation["version"], citation["license"]) == (project["version"], project["license"])
    names = [each["name"] for each in citation["authors"]]
    assert all(name in (ROOT / "LICENSE").read_text() for name in names)


# The site.

RESOURCE = re.compile(r"<(?:script|link|img|iframe|source)\b[^>]*?\b(?:src|href)=[\"']?([^\"'> ]+)")
"""What a page loads by itself, other than a link that is followed."""


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    build = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", folder]
    done = subprocess.run(build, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.mark.slow
def test_the_site_has_every_page_notebook_and_module(site):
    modules = {
        Path("reference") / file.relative_to(ROOT).with_suffix("")
        for room in ("data", "core", "studies", "analysis")
        for file in (ROOT / room).rglob("*.py")
        if file.name not in ("__init__.py", "__main__.py", "cli.py", "worker.py")
    }
    written = [path.relative_to(ROOT).with_suffix("") for path in PAGES]
    named = {path.with_name(path.name.replace("README", "index")) for path in written}
    pages = {page.relative_to(site).with_suffix("") for page in site.rglob("*.html")}
    assert modules | named <= pages
    shown = (site / "reference" / "studies" / "index.html").read_text()
    assert all(f'.{name}"' in shown for name in studies.__all__)
    for notebook in NOTEBOOKS:
        page = site / notebook.relative_to(ROOT).with_suffix(".html")
        assert page.read_text().count('<img alt="png"') >= 2
        assert page.read_text().count("<summary>Answer</summary>\n<p>") == 3


@pytest.mark.slow
def test_the_site_can_be_searched_and_asks_no_other_host(site):
    found = {entry["location"] for entry in json.loads(
        (site / "search" / "search_index.json").read_text()
    )["docs"]}  # fmt: skip
    assert {
        "docs/results.html#split-mnist",
        "reference/core/recipe.html#core.recipe.Recipe",
        "docs/notebooks/c-forgetting.html#where-the-figures-come-from",
    } <= found
    loaded = [each for page in site.rglob("*.html") for each in RESOURCE.findall(page.read_text())]
    loaded += [
        each
        for sheet in site.rglob("*.css")
        for each in re.findall(r"(?:url\(|@import )[\"']?([^\"')]+)", sheet.read_text())
    ]
    assert len(loaded) > 1000
    assert [each for each in loaded if re.match(r"(\w+:)?//", each)] == []
