"""What `make docs` makes pages of: a hook of MkDocs, see mkdocs.yml.

The pages lie as in the repository, so that a link in them leads to the same place here and there.
Added are the notebooks, and for each module of the four packages a page, which mkdocstrings fills
from the docstrings.
"""

import ast
import re
from fnmatch import fnmatch
from itertools import pairwise
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from nbconvert import MarkdownExporter

ROOT = Path(__file__).parent.parent
BESIDE = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "CITATION.cff")
"""What is shown besides the folder docs."""
SHOWN = (".md", ".ipynb", ".png", ".css", ".js", ".xz")
"""What is shown of it."""
PACKAGES = ("core", "data", "studies", "analysis")
PROGRAMS = ("studies/cli.py", "studies/__main__.py", "studies/running/worker.py")
"""Modules without a page: `ebb --help` describes them."""


class Notebook(File):
    """A notebook: a page, though its name does not end in md."""

    def is_documentation_page(self) -> bool:
        """Whether it becomes a page."""
        return True


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Every file of the site, by its path in the repository; and the table of contents."""
    found = (each.relative_to(ROOT) for each in sorted((ROOT / "docs").rglob("*")))
    shown = (
        each for each in found if each.suffix in SHOWN and ".ipynb_checkpoints" not in each.parts
    )
    site = []
    for name in [*BESIDE, *(path.as_posix() for path in shown)]:
        if name.endswith(".ipynb"):
            site += of_notebook(name, config)
        else:
            site.append(File(name, str(ROOT), config.site_dir, use_directory_urls=False))
    pages = [file.src_uri for file in site if file.is_documentation_page()]
    for path in modules():
        site.append(File.generated(config, page_of(path), content=of_module(path)))
    config.nav = [expanded(entry, pages) for entry in config.nav]
    theme = [file for file in files if file.src_dir != config.docs_dir]
    return Files([*theme, *site])


def of_notebook(name: str, config: MkDocsConfig) -> list[File]:
    """A notebook as a page, and its figures."""
    resources = {"unique_key": Path(name).stem}
    text, resources = MarkdownExporter().from_filename(str(ROOT / name), resources)
    # Tables as those of the other pages, which scroll where they are wide.
    text = re.sub(r"<table [^>]*>", "<table>", text)
    text = text.replace("<details>", '<details markdown="1">')
    figures = resources["outputs"]
    return [Notebook.generated(config, name, content=text), *(
        File.generated(config, Path(name).with_name(figure).as_posix(), content=figures[figure])
        for figure in figures
    )]  # fmt: skip


def modules() -> list[Path]:
    """The files of the packages that have a page."""
    files = (path for name in PACKAGES for path in sorted((ROOT / name).rglob("*.py")))
    return [path for path in files if path.relative_to(ROOT).as_posix() not in PROGRAMS]


def page_of(path: Path) -> str:
    """Where the page of a module is; a package's is the first of its folder."""
    page = (Path("reference") / path.relative_to(ROOT)).with_suffix(".md")
    return page.as_posix().replace("__init__", "index")


def of_module(path: Path) -> str:
    """The page of a module; of one of the four packages what it exports, and where that is."""
    name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    # Guides come first in the search, where a word in a title counts a thousand times.
    page = f"---\nsearch: {{boost: 0.0001}}\n---\n\n# {name}\n\n::: {name}\n"
    if name not in PACKAGES:
        return page
    rows = sorted(
        f"| [{alias.name}][{node.module}.{alias.name}] | {summary(node.module, alias.name)} |"
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom) and str(node.module).startswith(f"{name}.")
        for alias in node.names
    )
    table = "\n".join(["| name | what it is |", "| --- | --- |", *rows])
    return f"{page}    options:\n      members: false\n\n{table}\n"


def summary(module: str, name: str) -> str:
    """The first line of what a name's docstring says; of an alias, of the string below it."""
    body = ast.parse((ROOT / f"{module.replace('.', '/')}.py").read_text()).body
    for node, below in pairwise([*body, ast.Pass()]):
        if isinstance(node, ast.ClassDef | ast.FunctionDef) and node.name == name:
            said = ast.get_docstring(node) or ""
        elif isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == name:
            said = ast.get_docstring(ast.Module([below], [])) or ""
        else:
            continue
        return said.partition("\n")[0].replace("|", "\\|")
    return ""


def expanded(entry: Any, pages: list[str]) -> Any:
    """An entry of the contents, with the pages or the packages that it stands for."""
    if isinstance(entry, dict):
        return {title: expanded(each, pages) for title, each in entry.items()}
    if isinstance(entry, list):
        return [expanded(each, pages) for each in entry]
    if entry == "reference":
        return [of_package(ROOT / name) for name in PACKAGES]
    return [page for page in pages if fnmatch(page, entry)] if "*" in entry else entry


def of_package(folder: Path) -> dict[str, Any]:
    """A package in the contents: its own page, its modules, the packages in it."""
    files = [path for path in modules() if path.parent == folder and path.stem != "__init__"]
    inner = sorted(path.parent for path in folder.glob("*/__init__.py"))
    entries = [{path.stem: page_of(path)} for path in files]
    packages = [of_package(each) for each in inner]
    return {folder.name: [page_of(folder / "__init__.py"), *entries, *packages]}
