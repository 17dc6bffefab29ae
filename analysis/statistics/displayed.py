"""How a result shows itself where it is printed, or stands last in a notebook's cell."""

import html
import re


class Displayed:
    """What has a text for people (`str`) shows it at a prompt and in a notebook too."""

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        first, _, rest = str(self).partition("\n")
        details = f"<pre>{html.escape(rest.strip())}</pre>" if rest.strip() else ""
        return f"<p><strong>{html_text(first)}</strong></p>{details}"


def html_text(text: str) -> str:
    """A text in HTML, what stands between backquotes as code."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(text))
