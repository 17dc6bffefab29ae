"""A table as data: a frame with its title and notes, and how the figures of each column are read.

Whoever makes a table says so with it; `analysis.rendering.tables` has the renderers.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from analysis.metrics.registry import metric_named

if TYPE_CHECKING:
    import pandas as pd

SMALL = 0.001
"""What is smaller has figures that four decimals hide, as learning rates have."""


@dataclass(frozen=True)
class Format:
    """How the figures of a column are written for people.

    Attributes:
        kind: `count`, a number that is whole or nearly so; `p`, a p-value; `significant`, three
            figures whatever the size; `metric`, as the metric asks: fractions in percent, epochs
            with one decimal, others in their own unit with four.
        decimals: Of the percentages.
        metric: What the figures are of, where `column` does not say it.
        column: The column whose cells name the metric of their row.
        written: Figures that a source wrote to so many decimals, fractions not in percent: they are
            written as they were there.
    """

    kind: Literal["count", "p", "significant", "metric"] = "metric"
    decimals: int = 2
    metric: str = "accuracy"
    column: str = ""
    written: Mapping[float, int] = field(default_factory=dict)

    def write(self, value: Any, row: Mapping[str, Any]) -> str:
        """A figure of a row; what is no fractional number stays as it is."""
        if not isinstance(value, float):
            return str(value)
        if self.kind == "count":
            return f"{value:g}"
        if self.kind == "p":
            return f"{value:.4f}" if value >= 0.0001 else "<.0001"
        if self.kind == "significant":
            return f"{value:.3g}"
        return self._of_metric(value, str(row.get(self.column) or self.metric))

    def _of_metric(self, value: float, metric: str) -> str:
        known = metric_named(metric)
        if value in self.written:
            factor, shift = (100, 2) if known.is_fraction else (1, 0)
            return f"{factor * value:.{max(0, self.written[value] - shift)}f}"
        # Adding 0 turns the negative zero of a rounded -.0001 into zero.
        if known.is_fraction:
            return f"{round(100 * value, self.decimals) + 0:.{self.decimals}f}"
        if 0 < abs(value) < SMALL and not known.is_epoch:
            return f"{value:.3g}"
        return f"{value:.{known.decimals}f}"


COUNT = Format("count")
P_VALUE = Format("p")
SIGNIFICANT = Format("significant")
PERCENT = Format(decimals=1)
"""Accuracies and other fractions, with one decimal."""
POINTS = Format(decimals=2)
"""The same with two decimals."""
AS_METRIC = Format(column="metric")
"""As the metric in the row's column of that name asks."""


@dataclass(frozen=True)
class Table:
    """A table for people and for programs.

    Attributes:
        title: What it is of.
        frame: Its cells at full precision, accuracies as fractions.
        notes: Lines below it.
        formats: How the figures of the columns are written. Whole numbers and text need none.
        heads: How many columns name a row.
        label: What LaTeX refers to it by, as in `tab:class-order-forgetting`; none if empty.
        bold: Cells that LaTeX sets in bold: the number of a row, from 0, and a column's name.
    """

    title: str
    frame: pd.DataFrame
    notes: tuple[str, ...] = ()
    formats: Mapping[str, Format] = field(default_factory=dict)
    heads: int = 1
    label: str = ""
    bold: tuple[tuple[int, str], ...] = ()

    @property
    def headings(self) -> list[str]:
        """The names of the columns for people."""
        return [heading(str(column)) for column in self.frame.columns]

    @property
    def words(self) -> list[bool]:
        """Which columns hold text; these are aligned to the left."""
        return [str(dtype) in ("object", "str") for dtype in self.frame.dtypes]

    @cached_property
    def rows(self) -> list[list[str]]:
        """The cells as people read them: "-" where a figure is missing; not cleaned yet."""
        return [
            [self._cell(str(name), value, row) for name, value in row.items()]
            for row in self.frame.to_dict("records")
        ]

    def _cell(self, name: str, value: Any, row: Mapping[Any, Any]) -> str:
        if value is None or (isinstance(value, float) and math.isnan(value)):
            return "-"
        if isinstance(value, bool):
            return "yes" if value else "no"
        return self.formats.get(name, SIGNIFICANT).write(value, row)


def formats_of(frame: pd.DataFrame, figures: Format, **others: Format) -> dict[str, Format]:
    """One format for all columns of a frame but those that are named."""
    return {**dict.fromkeys(map(str, frame.columns), figures), **others}


def text_table(
    title: str, columns: Sequence[str], rows: Sequence[Sequence[Any]], *, heads: int = 1
) -> Table:
    """A table of rows of text and whole numbers."""
    import pandas as pd  # noqa: PLC0415  # light commands print without tables

    return Table(title, pd.DataFrame(rows, columns=list(columns)), heads=heads)


def heading(column: str) -> str:
    """A column's name for people."""
    return {"ci_low": "95 % from", "ci_high": "to"}.get(column, column.replace("_", " "))
