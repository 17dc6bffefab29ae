"""The one error that says that a call's input is wrong."""

from __future__ import annotations

import os


class InputError(ValueError):
    """The input of a call is wrong; the message is one line for the person who made the call.

    The line says what was received, what is expected and how to mend it. The command line prints
    it and ends with status 2, without a traceback.

    Args:
        message: The line. Line breaks in it (of a foreign library's message, say) become spaces.
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
