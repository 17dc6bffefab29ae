"""How figures are written to files."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure
from matplotlib.text import Text

from analysis.rendering.text import printable

KINDS = (".png", ".svg", ".pdf")
"""What figures can be written as."""
DPI = 300
"""Dots an inch: what journals ask for. In vector figures of what is drawn as pixels."""
METADATA: Mapping[str, dict[str, None]] = {
    ".png": {"Software": None},
    ".svg": {"Date": None, "Creator": None},
    ".pdf": {"CreationDate": None, "Creator": None, "Producer": None},
}
AS_TEXT: dict[Any, Any] = {"svg.hashsalt": "ebb", "svg.fonttype": "none", "pdf.fonttype": 42}


def save(figure: Figure, path: str | os.PathLike[str]) -> None:
    """Write a figure as .png, .svg or .pdf: whole or not at all, the same bytes every time.

    A .png has 300 dots an inch, text of .svg and .pdf stays text.

    Args:
        figure: What to write.
        path: Where to; an existing file is replaced.

    Raises:
        ValueError: If the name ends in anything else, or its folder does not exist.
        OSError: If it cannot be written; its `filename` is the figure's, whatever raised it.

    Examples:
        >>> from pathlib import Path
        >>> from matplotlib.figure import Figure
        >>> from analysis import save
        >>> figure = Figure()
        >>> _ = figure.subplots().plot([0.9, 0.6, 0.5])
        >>> save(figure, "curve.svg")
        >>> Path("curve.svg").exists()
        True
    """
    target = Path(path)
    kind = target.suffix.lower()
    if kind not in KINDS:
        expected = f"{', '.join(KINDS[:-1])} or {KINDS[-1]}"
        raise ValueError(f"received {target.name!r}; expected a name in {expected}; rename it")
    if not target.parent.is_dir():
        raise ValueError(
            f"received the folder {str(target.parent)!r}; expected one that exists; create it first"
        )
    # Neither the date nor the version of the library belongs to the result.
    metadata = METADATA[kind]
    clean_text(figure)
    temporary = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        with mpl.rc_context(AS_TEXT):
            figure.savefig(temporary, format=kind[1:], metadata=metadata, dpi=DPI)
        os.replace(temporary, target)
    except OSError as error:  # a full disk is met by a library that knows no name
        raise OSError(error.errno, error.strerror or str(error), str(target)) from error
    finally:
        temporary.unlink(missing_ok=True)


def clean_text(figure: Figure) -> None:
    """Make all text of a figure printable, in place; labels of ticks are where they are set."""
    for text in figure.findobj(Text):
        text.set_text("\n".join(map(printable, text.get_text().split("\n"))))
