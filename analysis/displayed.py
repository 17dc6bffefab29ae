"""How a result shows itself where it is printed, or stands last in a notebook's cell."""

import html
from typing import Any


class Displayed:
    """What has a text for people (`str`) shows it in IPython and in a notebook too."""

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(str(self))

    def _repr_html_(self) -> str:
        first, _, rest = str(self).partition("\n")
        details = f"<pre>{html.escape(rest.strip())}</pre>" if rest.strip() else ""
        return f"<p><strong>{html.escape(first)}</strong></p>{details}"
