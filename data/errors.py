"""The one error that says that a call's input is wrong."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterable, Mapping
from typing import Any

OTHER_WORDS: Mapping[str, tuple[str, ...]] = {
    "lr": ("learning_rate",),
    "delete": ("remove",),
    "rm": ("remove",),
    "ls": ("list",),
    "start": ("run",),
    "train": ("run",),
    "results": ("table",),
    "plot": ("table",),
    "batch": ("batch_size",),
    "schedule": ("lr_schedule",),
    "noise": ("label_noise", "input_noise"),
}
"""What people say whose word is not even spelt alike."""
LONGEST = 100
"""Letters of a value that a message shows."""


class InputError(ValueError):
    """The input of a call is wrong; the message is one line for the person who made the call.

    The line says what was received, what is expected and how to mend it. The command line prints
    it and ends with status 2, without a traceback.

    Args:
        message: The line. Line breaks in it (of a foreign library's message, say) become spaces.

    Examples:
        >>> from data import InputError, load
        >>> try:
        ...     load("digit")
        ... except InputError as error:
        ...     print(str(error).partition(',')[0])
        unknown data set 'digit' (did you mean digits?)
    """

    def __init__(self, message: str) -> None:
        super().__init__(" ".join(part.strip() for part in message.splitlines()))

    def _render_traceback_(self) -> list[str]:
        """What IPython and notebooks show in place of a traceback: the line."""
        return [f"{type(self).__name__}: {self}"]


def quoted(path: str | os.PathLike[str]) -> str:
    r"""A path for a message: in quotes, with line breaks and control characters as escapes.

    Args:
        path: Any path; a file name may hold a newline or a terminal's control codes.

    Returns:
        The path as Python would write it, for example `'my\nfile.npz'`.
    """
    return repr(os.fspath(path))


def shortly(error: BaseException) -> str:
    """What an exception of the operating system or a library says, without the file's name.

    Args:
        error: The exception.

    Returns:
        For example `Permission denied`; the exception's class if it says nothing.
    """
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error) or type(error).__name__


def in_one_line(error: BaseException) -> str:
    """What any exception says, with its class: `KeyError: 'x_train'`, or `RuntimeError`."""
    return " ".join(f"{type(error).__name__}: {error}".split()).removesuffix(":")


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """What to say of a name that is none of the known ones, after them.

    Args:
        word: What was received.
        known: The names there are.

    Returns:
        For example ` (did you mean remove?)`; nothing where no name is like it.
    """
    names = list(known)
    by_letters = {name.lower(): name for name in names}
    close = [name for name in OTHER_WORDS.get(word.lower(), ()) if name in names]
    close = close or [
        by_letters[each] for each in difflib.get_close_matches(word.lower(), by_letters, n=1)
    ]
    return f" (did you mean {' or '.join(close)}?)" if close else ""


def shown(value: Any) -> str:
    """A value for a message: never an array's text, and the beginning of what is long.

    Args:
        value: Anything that somebody gave.

    Returns:
        For example `an array of shape (60000, 28, 28)`, or as Python writes it.
    """
    shape = getattr(value, "shape", None)
    if isinstance(shape, tuple) and shape:
        return f"an array of shape {shape}"
    if isinstance(value, tuple | list) and any(hasattr(each, "shape") for each in value):
        return f"a {type(value).__name__} of arrays"
    try:
        text = repr(value)
    except Exception:  # whoever wrote the thing also wrote how it becomes text
        text = f"a {type(value).__name__}"
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}..."
