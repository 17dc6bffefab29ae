"""Execute the notebooks in docs/notebooks anew and keep what they show: `make notebook`.

Names of files execute only those: `python docs/execute.py docs/notebooks/c-forgetting.ipynb`.
"""

import io
import os
import re
import sys
from base64 import b64decode, b64encode
from pathlib import Path
from tempfile import TemporaryDirectory

import nbformat
from nbclient import NotebookClient
from PIL import Image

DOCS = Path(__file__).parent
NOTEBOOKS = sorted((DOCS / "notebooks").glob("*.ipynb"))
COLOURS = 64
"""Of a picture: a palette makes it a third as large, and nobody sees it."""
ELSEWHERE = re.compile(
    r"(<p><small>)?note: stale: recorded in another environment[^<\n]*(</small></p>|\n)?"
)
"""Left out: whoever executes a notebook may have another processor than made an export."""


def executed(path: Path) -> nbformat.NotebookNode:
    """A notebook executed from top to bottom in an empty folder beside what it reads of docs.

    Raises:
        nbclient.exceptions.CellExecutionError: A cell ended in an error.
    """
    notebook = nbformat.read(path, as_version=4)
    for name in ("EBB_STORE", "EBB_DATA"):
        os.environ.pop(name, None)
    with TemporaryDirectory() as folder:
        where = Path(folder, "notebooks")
        where.mkdir()
        for name in ("data", "results.md"):
            Path(folder, name).symlink_to((DOCS / name).resolve())
        # What is printed in two parts or in one depends on the moment: one.
        client = NotebookClient(
            notebook,
            timeout=1800,
            kernel_name="python3",
            resources={"metadata": {"path": where}},
            coalesce_streams=True,
        )
        # Sockets in a folder: no other program can take a port away before the kernel has it.
        manager = client.create_kernel_manager()
        manager.transport, manager.ip = "ipc", f"{folder}/kernel"
        client.execute()
    for cell in notebook.cells:
        # Without the times of execution.
        cell.metadata = {name: cell.metadata[name] for name in ("tags",) if name in cell.metadata}
        for output in cell.get("outputs", ()):
            shown = output.get("data", output)
            for kind in {"text", "text/html", "text/plain"} & shown.keys():
                shown[kind] = ELSEWHERE.sub("", shown[kind])
            if "image/png" in shown:
                shown["image/png"] = with_palette(shown["image/png"])
    notebook.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    return notebook


def with_palette(png: str) -> str:
    """A picture in base64 with few colours, in base64."""
    written = io.BytesIO()
    picture = Image.open(io.BytesIO(b64decode(png))).convert("RGB")
    # Those that lie farthest apart: each condition keeps its hue.
    picture.quantize(COLOURS, Image.Quantize.MAXCOVERAGE).save(written, "PNG", optimize=True)
    return b64encode(written.getvalue()).decode()


if __name__ == "__main__":
    for path in [Path(name) for name in sys.argv[1:]] or NOTEBOOKS:
        nbformat.write(executed(path), path)
        print(path.name, flush=True)
