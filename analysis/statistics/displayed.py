"""How a result shows itself where it is printed, or stands last in a notebook's cell."""

import html


class Displayed:
    """What has a text for people (`str`) shows it at a prompt and in a notebook too."""

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        first, _, rest = str(self).partition("\n")
        details = f"<pre>{html.escape(rest.strip())}</pre>" if rest.strip() else ""
        return f"<p><strong>{html.escape(first)}</strong></p>{details}"
