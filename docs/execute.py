"""Execute the notebook of this folder anew and keep what it shows: `make notebook`."""

import os
from pathlib import Path
from tempfile import TemporaryDirectory

import nbformat
from nbclient import NotebookClient

NOTEBOOK = Path(__file__).parent / "class-order.ipynb"


def executed(path: Path = NOTEBOOK) -> nbformat.NotebookNode:
    """A notebook executed from top to bottom in an empty folder.

    Raises:
        nbclient.exceptions.CellExecutionError: A cell ended in an error.
    """
    notebook = nbformat.read(path, as_version=4)
    for name in ("EBB_STORE", "EBB_DATA"):
        os.environ.pop(name, None)
    with TemporaryDirectory() as folder:
        # Sockets in a folder: no other program can take a port away before the kernel has it.
        where = {"metadata": {"path": folder}}
        client = NotebookClient(notebook, timeout=900, kernel_name="python3", resources=where)
        manager = client.create_kernel_manager()
        manager.transport, manager.ip = "ipc", f"{folder}/kernel"
        client.execute()
    for cell in notebook.cells:
        cell.metadata = {}  # the times of execution
    notebook.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    return notebook


if __name__ == "__main__":
    nbformat.write(executed(), NOTEBOOK)
