"""Intervals in figures of quantities that have bounds: cut there, and said so."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import ArrayLike, NDArray

from analysis.figures.look import Mark
from analysis.figures.panels import GROUND

Floats = NDArray[np.float64]


@dataclass
class Bounded:
    """The bounds of what a figure draws, and whether an interval left them.

    A t-interval does not know that an accuracy ends at 100 %: what lies beyond is not drawn, an
    arrow stands in its place, and a line below the figure says why.

    Attributes:
        low: The lower bound; high: the upper, in the unit that is drawn.
        text: Both in words.
        left: Whether an interval was cut.
    """

    low: float
    high: float
    text: str
    left: bool = field(default=False, init=False)

    def fresh(self) -> Bounded:
        """The same bounds for another figure."""
        return replace(self)

    def bars(
        self,
        axis: Axes,
        at: ArrayLike,
        means: ArrayLike,
        ends: ArrayLike,
        mark: Mark,
        *,
        across: bool = False,
        label: str | None = None,
        size: float = 5,
        filled: bool = True,
    ) -> None:
        """Draw means with their intervals, cut at the bounds.

        Args:
            axis: Where to.
            at: The place of each, [n].
            means: [n]; NaN is left out.
            ends: [2, n], lower and upper; NaN where there is none.
            mark: Colour and marker.
            across: Whether values run along the horizontal axis.
            label: For a legend.
            size: Of the marker.
            filled: Whether it is, or hollow.
        """
        place, middle, reach = (np.asarray(each, dtype=float) for each in (at, means, ends))
        cut = np.clip(reach, self.low, self.high)
        # A bar of no length beside a mean without an interval.
        length = np.nan_to_num(np.abs(cut - middle))
        x, y = (middle, place) if across else (place, middle)
        axis.errorbar(
            x, y, xerr=length if across else None, yerr=None if across else length,
            fmt=mark.marker, color=mark.colour, markersize=size, linewidth=1.6, capsize=2,
            label=label, zorder=3, markerfacecolor=mark.colour if filled else GROUND,
        )  # fmt: skip
        arrows = ("<", ">") if across else ("v", "^")
        for beyond, bound, arrow in (
            (reach[0] < self.low - 1e-9, self.low, arrows[0]),
            (reach[1] > self.high + 1e-9, self.high, arrows[1]),
        ):
            if beyond.any():
                self.left = True
                edge = np.full(int(beyond.sum()), bound)
                where = (edge, place[beyond]) if across else (place[beyond], edge)
                axis.plot(*where, arrow, color=mark.colour, markersize=5, clip_on=False, zorder=4)

    def band(self, axis: Axes, at: ArrayLike, ends: Floats, colour: str) -> None:
        """Draw the interval of a line as a band, cut at the bounds."""
        self.left = self.left or bool(
            (ends[0] < self.low - 1e-9).any() or (ends[1] > self.high + 1e-9).any()
        )
        low, high = np.clip(ends, self.low, self.high)
        axis.fill_between(at, low, high, color=colour, alpha=0.18, linewidth=0)

    def say(self, figure: Figure) -> None:
        """Write below a figure that intervals were cut, if one was."""
        if not self.left:
            return
        text = f"t-intervals that leave {self.text} are cut there (arrows)"
        if figure.legends:  # which stands where the figure's own label would be
            axis = figure.axes[-1]
            axis.set_xlabel(f"{axis.get_xlabel()}\n{text}", fontsize=8)
        else:
            figure.supxlabel(text, fontsize=8)


PERCENT = Bounded(0.0, 100.0, "0 to 100 %")
ANYTHING = Bounded(-np.inf, np.inf, "")
