"""A figure that a call asks for; nothing is drawn here, so that who only asks is light."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Sketch:
    """A figure that a call asks for.

    Attributes:
        file: Where to.
        width: In inches; as its panels ask if None.
        titled: Whether it keeps its title.
    """

    file: Path
    width: float | None = None
    titled: bool = True
