"""Notes of a record: how a run was made, where not obvious. Values, made text when shown."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from string import Formatter
from typing import Any

TEXTS = {
    "compiled": "compiled: {compiler}",
    "own-parts": "in graph mode for the functions of one's own in its layers: no copy of them can "
    "be made for XLA",
    "data": "data: {said}",
    "changed": "changed by a callback ({callbacks}): not the recipe's result",
    "hooks": "{callback} asks for batches or tests ({methods}): not called",
    "restored": "evaluated once more after the weights were restored",
    "from-weights": "trained before: evaluated from its kept weights",
    "continued": "interrupted, and gone on with after epoch {epoch}",
    "not-kept": "its state after epoch {epoch} could not be kept ({error})",
    "weights-not-kept": "its weights could not be kept ({error})",
    "unseen": "code imported by a name that only a run knows ({where}) is not part of a result's "
    "identity: after an edit there, run it again with --overwrite",
    "absent": "no {part} examples of class {classes}",
    "scaled": "{data}: inputs are at most {largest} already; the step scale divides them by 255",
    "not-bytes": "{data}: inputs are {low} to {high}, not bytes from 0 to 255; the step scale "
    "divides them by 255",
    "other-scale": "{data}: the largest {part} input is {largest} in size, the largest training "
    "input {train}: were they prepared alike?",
    "channels-first": "{data}: examples of {shape} are read as height x width x channels; write "
    "the channels last",
    "constant": "{data}: all training examples are the same",
    "shared": "{data}: {shared} of {examples} test examples are training examples too",
    "shared-validation": "{data}: {shared} of {examples} {part} examples are {other} examples too",
    "unused": "the data set's own validation part of {examples} examples is not used: "
    'split=HoldOut(where="given") does',
    "small-penalty": "the penalty was below a thousandth of the loss at the end of every epoch "
    "after the first task (largest strength x importance: {largest}): it hardly acts, or holds "
    "what it acts on where it was",
    "memory": "memory of its worker until its end, at most: {megabytes} MB",
    "pixel-maps": "the maps of its tasks' pixels have the checksum {checksum}",
    "class-labels": "its classes are called {labels}",
    "other": "{text}",
}
"""What each kind says of its figures. Records from before notes were values hold these texts."""


@dataclass(frozen=True)
class Note:
    """One thing to know of a run.

    Attributes:
        kind: A key of `TEXTS`.
        figures: What its text names, by name: texts and whole numbers.
    """

    kind: str
    figures: Mapping[str, str | int]

    def __str__(self) -> str:
        """The note for people."""
        return TEXTS[self.kind].format(**self.figures)

    def to_json(self) -> dict[str, Any]:
        """As it is kept in a store."""
        return {"kind": self.kind, **self.figures}

    @classmethod
    def from_json(cls, kept: Any) -> "Note":
        """The note that `to_json` made an object of, or one that was kept as its text.

        Raises:
            ValueError: Neither.
        """
        if isinstance(kept, str):
            return _from_text(kept)
        if not isinstance(kept, Mapping) or set(kept) != {"kind", *_names(kept.get("kind"))}:
            raise ValueError(f"this is no note: {kept!r}")
        return Note(kept["kind"], {name: kept[name] for name in kept if name != "kind"})


def note(kind: str, **figures: str | int) -> Note:
    """A note of a kind.

    Examples:
        >>> str(note("continued", epoch=3))
        'interrupted, and gone on with after epoch 3'
    """
    return Note(kind, figures)


def _names(kind: Any) -> list[str]:
    """The figures that a kind's text names; none of an unknown one."""
    return [name for _, name, _, _ in Formatter().parse(TEXTS.get(str(kind), "")) if name]


def _from_text(text: str) -> Note:
    for kind, form in TEXTS.items():
        pattern = re.sub(r"\\{(\w+)\\}", r"(?P<\1>.*)", re.escape(form))
        if found := re.fullmatch(pattern, text, re.DOTALL):
            figures = found.groupdict()
            return Note(kind, {k: int(v) if v.isdigit() else v for k, v in figures.items()})
    raise AssertionError("every text is a note of the last kind")
