"""An HTML page read back, with nothing but the standard library."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"meta", "img", "br", "link", "input", "hr"}


@dataclass
class Table:
    caption: str = ""
    rows: list[list[str]] = field(default_factory=list)
    scopes: list[str] = field(default_factory=list)


class Page(HTMLParser):
    """What a page holds: headings, tables, drawings, attributes, text."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.headings: list[tuple[int, str]] = []
        self.tables: list[Table] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.lists: list[str] = []
        self.text = ""
        self.verdicts: list[str] = []
        self.paragraphs: list[str] = []
        self.declarations: list[str] = []
        self.feed(text)
        assert not self.open, self.open  # every element is closed

    def handle_decl(self, decl):
        self.declarations.append(decl)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)
        if tag in ("h1", "h2", "h3"):
            self.headings.append((int(tag[1]), ""))
        elif tag == "table":
            self.tables.append(Table())
        elif tag == "tr":
            self.tables[-1].rows.append([])
        elif tag in ("td", "th"):
            self.tables[-1].rows[-1].append("")
            self.tables[-1].scopes += [dict(attrs).get("scope") or ""] * (tag == "th")
        elif tag == "p":
            self.paragraphs.append("")
        elif tag == "li":
            self.lists.append("")

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "style" in self.open:
            return
        self.text += data
        here = self.open[-1] if self.open else ""
        if {"h1", "h2", "h3"} & set(self.open):
            level, words = self.headings[-1]
            self.headings[-1] = (level, words + data)
        elif here == "caption":
            self.tables[-1].caption += data
        elif here in ("td", "th"):
            self.tables[-1].rows[-1][-1] += data
        elif here == "p":
            self.paragraphs[-1] += data
        elif here == "li":
            self.lists[-1] += data

    def elements(self, tag):
        return [attributes for name, attributes in self.tags if name == tag]

    def table(self, begins):
        (found,) = [table for table in self.tables if begins in table.caption]
        return found
