"""A table as papers print it: a figure and its interval in one cell, `27.9 [24.0, 31.7]`."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from analysis.rendering.table import Table, heading

CENTRES = ("mean", "drop", "difference")
"""What the interval of a table is of: the first column whose name begins so."""
ENDS = (("ci_low", "ci_high"), ("from", "to"))
"""The columns of an interval's ends."""


def for_paper(table: Table) -> Table:
    """The table with its interval beside the figure, both in one cell as text.

    A table without an interval, or without the figure that it is of, stays as it is.
    """
    names = list(map(str, table.frame.columns))
    centre = next((n for each in CENTRES for n in names if n.split(" ")[0] == each), None)
    ends = next((pair for pair in ENDS if set(pair) <= set(names)), None)
    if centre is None or ends is None:
        return table
    low, high = map(names.index, ends)
    at = names.index(centre)
    lines = []
    for line in table.rows:
        cell = (
            line[at]
            if "-" in (line[low], line[high])
            else f"{line[at]} [{line[low]}, {line[high]}]"
        )
        lines.append([cell if i == at else text for i, text in enumerate(line)])
    frame = pd.DataFrame(lines, columns=names, dtype=object)
    frame = frame.drop(columns=list(ends)).rename(columns={centre: f"{heading(centre)} [95 %]"})
    bold = tuple((row, f"{heading(centre)} [95 %]") for row, name in table.bold if name == centre)
    return replace(table, frame=frame, formats={}, bold=bold)
