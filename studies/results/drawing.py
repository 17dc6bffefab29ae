"""A picture for a script or a notebook: the axes of its panels."""

import io
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


class Drawing(tuple["Axes", ...]):
    """The axes of a picture's panels, row by row; the picture itself last in a notebook's cell.

    The picture belongs to no window and to no `pyplot` state.

    Example:
        >>> drawing = results.plot_segments()  # doctest: +SKIP
        >>> drawing[0].set_title("Before")  # doctest: +SKIP
        >>> drawing.save("segments.svg")  # doctest: +SKIP

    Attributes:
        figure: The `matplotlib.figure.Figure`.
    """

    figure: "Figure"

    def __new__(cls, figure: "Figure") -> "Drawing":
        """The axes of a figure; scales of colours are not among them."""
        panels = (axes for axes in figure.axes if axes.get_label() != "<colorbar>")
        self = super().__new__(cls, panels)
        self.figure = figure
        return self

    def save(self, file: str | Path) -> None:
        """Write the picture, in .png or .svg.

        Raises:
            InputError: Another ending, or a folder that is not there.
        """
        from analysis.figures.saving import save
        from studies.results.tables import input_errors

        with input_errors():
            save(self.figure, file)

    def __repr__(self) -> str:
        return f"<{len(self)} axes; the whole is .figure, written by .save(FILE)>"

    def _repr_png_(self) -> bytes:
        written = io.BytesIO()
        self.figure.savefig(written, format="png")
        return written.getvalue()
