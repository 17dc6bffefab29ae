"""A study file to begin with, of several kinds."""

import importlib.util
from contextlib import suppress
from pathlib import Path

from data import InputError

KINDS = {
    "order": "in which order classes are shown",
    "replay": "a buffer of old examples",
    "noise": "wrong labels",
    "strategy": "a learning rule of one's own",
    "scores": "a function that scores draws of data, without a network",
}
"""What a study may be about."""
TEMPLATES = Path(__file__).parent / "templates"


def write_study(file: Path, kind: str) -> None:
    """Write a commented study that runs at once; nothing is overwritten.

    Args:
        file: Where to; the study is called as the file is.
        kind: One of `KINDS`.

    Raises:
        InputError: A name that no study file can have; a file that is there, or cannot be written.
    """
    name = file.stem
    free = name.isidentifier() and importlib.util.find_spec(name) is None
    if file.suffix != ".py" or not free or not name[0].isascii() or not name[0].isalpha():
        raise InputError(
            f"Received {file.name!r}; expected the name of a Python file that is no other "
            "module's, such as my_study.py."
        )
    text = (TEMPLATES / f"{kind}.py.txt").read_text(encoding="utf-8")
    try:
        with file.open("x", encoding="utf-8") as new:
            new.write(text.replace('"NAME"', f'"{name.replace("_", "-")}"'))
    except FileExistsError:
        raise InputError(
            f"Received {str(file)!r}, which is there already; expected another name."
        ) from None
    except OSError as error:
        with suppress(OSError):
            file.unlink()  # a full disk leaves an empty one
        raise InputError(
            f"Received {str(file)!r}; expected a file that can be written ({error.strerror})."
        ) from None
