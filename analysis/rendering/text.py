"""Text for people, made harmless where it is shown and nowhere before."""

import re
from typing import IO

import click

CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
"""Control characters, line ends, and those that turn the direction of what follows."""
UNPRINTABLE = re.compile("[\ud800-\udfff\ufffe\uffff]")
"""What is no character: a terminal is shown its number, a document cannot hold it."""

MARKS = re.compile(r"[&<|\[`\\*~]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])")
"""What Markdown formats by; an underscore within a word is none."""


def clean(text: str) -> str:
    """Text on one line without control characters: nothing in a store can steer a terminal."""
    return CONTROL.sub("?", text)


def printable(text: str) -> str:
    """Clean text that a document can hold too."""
    return UNPRINTABLE.sub("?", clean(text))


def clean_lines(text: str) -> str:
    """Text of several lines, each of them clean."""
    return "\n".join(map(clean, text.split("\n")))


def say(
    text: str, *, err: bool = False, markdown: bool = False, file: IO[str] | None = None
) -> None:
    """Print lines for people, each of them clean; what Markdown would format as it is, if asked."""
    text = clean_lines(text)
    click.echo(plain_markdown(text) if markdown else text, file, err=err)


def plain_markdown(text: str) -> str:
    """Text that is neither a cell's end, nor HTML, a link, code or emphasis, in Markdown."""
    return MARKS.sub(lambda mark: f"&#{ord(mark[0])};", text)
