"""A figure as part of a page: its SVG with text as text, in the page's own colours."""

import base64
import io
import re
from collections.abc import Container
from contextlib import AbstractContextManager
from html import escape
from typing import Any
from xml.etree import ElementTree

import matplotlib as mpl
from matplotlib.figure import Figure

from analysis.figures.saving import clean_text
from analysis.rendering.text import printable

REFERENCE = re.compile(r"(?:^|url\()#([^)]+)")
"""Where an attribute names another element."""
INK = re.compile(r"#(?:000000|222222)\b")
"""Text, axes and medians: they take the colour of the page's text."""
GROUND = re.compile(r"#fefefe\b")
BLUE = re.compile(r"#0072b2\b")
"""The seeds' colour, which a dark page needs lighter."""
FONT = re.compile(r"font-family: [^;]*;? ?")
LONG = re.compile(r"(-?\d+\.\d{2})\d+")
LARGE = 1_000_000
"""Characters of SVG from which an image of pixels is taken where that is smaller."""


def literal(**more: Any) -> AbstractContextManager[None]:
    """Draw and save names as they are: one with dollar signs is no formula."""
    settings: dict[Any, Any] = {"text.parse_math": False, **more}
    return mpl.rc_context(settings)


def inline(figure: Figure, name: str, alt: str) -> str:
    """A figure as an element of HTML, without its title, which the page says itself.

    Args:
        figure: What to draw; its title and the frames of its legends are taken off.
        name: A word that no other figure of the page has; it begins the ids.
        alt: What a reader who does not see it is told.

    Returns:
        `<svg role="img">`, or `<img>` where the SVG would be large and pixels are fewer bytes.
    """
    figure.suptitle("")
    clean_text(figure)
    alt = printable(alt)
    for axes in figure.axes:
        legend = axes.get_legend()
        if legend is not None:
            legend.set_frame_on(False)
    file = io.BytesIO()
    with literal(**{"svg.fonttype": "none", "svg.hashsalt": "ebb"}):
        figure.savefig(file, format="svg", transparent=True, dpi=150)
    root = ElementTree.fromstring(file.getvalue())
    width, height = map(float, root.attrib["viewBox"].split()[2:])
    text = _as_html(root, name, alt, width, height)
    if len(text) > LARGE:
        pixels = _pixels(figure, alt, width)
        return pixels if len(pixels) < len(text) else text
    return text


def _as_html(root: ElementTree.Element, name: str, alt: str, width: float, height: float) -> str:
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag.endswith(("metadata", "style")):
                parent.remove(child)
    values = [value for each in root.iter() for value in each.attrib.values()]
    used = {id for value in values for id in REFERENCE.findall(value)}
    used &= {each.get("id") for each in root.iter()}
    for each in root.iter():
        each.tag = each.tag.rpartition("}")[2]
        each.attrib = {
            key.rpartition("}")[2]: _value(key, value, name, used)
            for key, value in each.attrib.items()
            if key != "id" or value in used
        }
    root.attrib = {
        "viewBox": f"0 0 {width:g} {height:g}",
        "role": "img",
        "aria-label": alt,
        "style": f"width:{1.4 * width:.0f}px;min-width:{min(width, 1000):.0f}px",
    }
    return ElementTree.tostring(root, encoding="unicode", method="html")


def _value(key: str, value: str, name: str, used: Container[str | None]) -> str:
    """An attribute with the page's colours and fonts, ids of its own, and fewer digits."""

    def own(found: re.Match[str]) -> str:
        return found[0].replace("#", f"#{name}-") if found[1] in used else found[0]

    if key == "id":
        return f"{name}-{value}"
    value = REFERENCE.sub(own, value)
    if key == "style":
        value = FONT.sub("", value)
        value = GROUND.sub("var(--ground)", INK.sub("currentColor", value))
        value = BLUE.sub("var(--blue)", value)
        return value.replace(": ", ":").replace("; ", ";")
    return LONG.sub(r"\1", value)


def _pixels(figure: Figure, alt: str, width: float) -> str:
    file = io.BytesIO()
    with literal():
        figure.savefig(file, format="png", dpi=120, facecolor="white")
    data = base64.b64encode(file.getvalue()).decode()
    style = f"width:{1.4 * width:.0f}px;min-width:{min(width, 1000):.0f}px"
    source = f"data:image/png;base64,{data}"
    return f'<img class="light" alt="{escape(alt)}" style="{style}" src="{source}">'
