"""How the command is called here: `ebb`, or its path where the shell does not find it."""

import os
import shutil
import sys
from pathlib import Path


def program() -> str:
    """The word that a line to type begins with.

    `ebb` where it is on the path; else the path that this process was called by, `.venv/bin/ebb`,
    as seen from the current folder.
    """
    called = Path(sys.argv[0])
    if called.name != "ebb" or os.sep not in sys.argv[0] or shutil.which("ebb"):
        return "ebb"
    here, whole = Path.cwd(), Path(os.path.abspath(called))
    return str(whole.relative_to(here)) if whole.is_relative_to(here) else str(whole)
