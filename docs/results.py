"""Write into results.md what the records in docs/data give: `make results`.

A block of results.md begins with a comment that names an export and a command, and ends with
another one. Between them stands what the command prints, in Markdown, of those records.
"""

import re
import shlex
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from click.testing import CliRunner

from core import Store
from core.storage.exchange import read_export
from studies.cli import ebb

DOCS = Path(__file__).parent
PAGE = DOCS / "results.md"
BLOCK = re.compile(
    r"(?P<head><!-- (?P<export>[\w.-]+): ebb (?P<words>.+?) -->\n)"
    r"(?P<body>.*?)(?P<end><!-- end -->)",
    re.DOTALL,
)

ELSEWHERE = re.compile(r"^- Stale: recorded in another environment.*\n\n?", re.MULTILINE)
"""Left out of the page, which names its machines: whoever makes it anew may have another."""


def store_of(export: str, folder: Path) -> Path:
    """The store with an export's records.

    Args:
        export: A file of docs/data.
        folder: Where stores are made, one for each export, when they are first asked for.
    """
    store = folder / export
    if not store.exists():
        read_export(DOCS / "data" / export, Store(store))
    return store


def printed(export: str, words: str, folder: Path) -> str:
    """What a command prints of an export's records.

    Args:
        export: See `store_of`.
        words: The command's, without `ebb`.
        folder: See `store_of`.

    Raises:
        Exception: What the command, or reading the export, ended in.
    """
    store = store_of(export, folder)
    call = [*shlex.split(words), "--format", "markdown", "--store", str(store)]
    done = CliRunner().invoke(ebb, call, catch_exceptions=False, standalone_mode=False)
    return ELSEWHERE.sub("", done.stdout).strip()


def main() -> None:
    """Write the page anew; the words around the blocks stay."""
    with TemporaryDirectory() as name:

        def anew(block: re.Match[str]) -> str:
            print(f"ebb {block['words']}", file=sys.stderr)
            body = printed(block["export"], block["words"], Path(name))
            return f"{block['head']}\n{body}\n\n{block['end']}"

        PAGE.write_text(BLOCK.sub(anew, PAGE.read_text()))


if __name__ == "__main__":
    main()
