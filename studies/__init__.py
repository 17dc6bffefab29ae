"""The questions: one file per study, the runner, the command line.

In a script or a notebook: `studies.run("class-order", quick=True)` runs a study,
`studies.read("class-order")` reads what was run before; either returns `Results`.
`studies.record(...)` and `studies.ForgettingRecorder` record what another program trains. Importing
this package loads nothing else: each name loads its module when it is first used (PEP 562).
"""

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from studies.api import read, run
    from studies.definition.scoring import Scoring
    from studies.definition.study import Claim, Interaction, Proportions, Quick, Reported, Study
    from studies.recording.keras_callback import ForgettingRecorder
    from studies.recording.recorder import record
    from studies.results.results import Results

__all__ = [
    "Claim",
    "ForgettingRecorder",
    "Interaction",
    "Proportions",
    "Quick",
    "Reported",
    "Results",
    "Scoring",
    "Study",
    "read",
    "record",
    "run",
]

_MODULE_OF = {
    "ForgettingRecorder": "recording.keras_callback",
    "Results": "results.results",
    "Scoring": "definition.scoring",
    "read": "api",
    "record": "recording.recorder",
    "run": "api",
} | dict.fromkeys(
    ("Claim", "Interaction", "Quick", "Reported", "Proportions", "Study"), "definition.study"
)


def __getattr__(name: str) -> Any:
    """Import what is asked for: the command line can be interrupted before NumPy is there."""
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULE_OF[name]}"), name)


def __dir__() -> list[str]:
    return [*globals(), *__all__]


def _in_a_notebook() -> None:
    """Keep TensorFlow's lines on drivers out of the cell that imports it."""
    if "ipykernel" in sys.modules:
        import_module(f"{__name__}.definition.quiet").hush()


_in_a_notebook()
