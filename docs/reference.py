"""Write the reference from the docstrings: `make docs`, into docs/reference."""

import sys
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages

import pdoc

PACKAGES = ("data", "core", "studies", "analysis")
NOT_IMPORTED = ("studies.cli", "studies.__main__", "studies.running.worker")
"""Programs: `ebb --help` describes them."""


def write(folder: Path) -> None:
    """Write a page for each package and module.

    Args:
        folder: Where to; made if it is not there.
    """
    modules = []
    for name in PACKAGES:
        package = import_module(name)
        modules += [each.name for each in walk_packages(package.__path__, f"{name}.")]
        # Names that are imported when they are first used are not seen before that.
        for each in package.__all__:
            vars(package).setdefault(each, getattr(package, each))
    # A package that says what is public hides its modules, which are worth a page all the same.
    hidden = set(modules) - set(pdoc.extract.walk_specs(PACKAGES)) - set(NOT_IMPORTED)
    inner = {name for name in hidden if name.rpartition(".")[0] in hidden}
    pdoc.render.configure(docformat="google", show_source=False)
    pdoc.pdoc(*PACKAGES, *sorted(hidden - inner), output_directory=folder)


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "reference")
