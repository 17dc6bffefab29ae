"""Tables and text as people read them on a page."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from analysis.rendering.table import heading
from analysis.rendering.tables import cells


@dataclass(frozen=True)
class Table:
    """A table as text.

    Attributes:
        caption: What it is of.
        headings: Of the columns.
        rows: Cells as people read them.
        heads: How many columns name a row.
        words: Which columns hold words, not numbers.
        notes: Lines below it.
    """

    caption: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    heads: int = 1
    words: tuple[bool, ...] = ()
    notes: tuple[str, ...] = ()


def text_table(
    frame: pd.DataFrame, caption: str, *, heads: int = 1, notes: Sequence[str] = (), **how: Any
) -> Table:
    """A data frame as people read it, in the cells that `analysis.rendering.tables.show` prints."""
    kinds = [frame[column].dtype == object or str(frame[column].dtype) == "str" for column in frame]
    return Table(
        caption,
        tuple(heading(str(column)) for column in frame.columns),
        tuple(map(tuple, cells(frame, **how))),
        heads,
        tuple(kinds),
        tuple(notes),
    )
