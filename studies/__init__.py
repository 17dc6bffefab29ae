"""The questions: one file per study, the runner, the command line.

In a script or a notebook: `studies.run("class-order", quick=True)` runs a study,
`studies.read("class-order")` reads what was run before; either returns `Results`. Importing this
package brings in neither pandas nor TensorFlow: these two load when they are first used (PEP 562).
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from studies.scoring import Scoring
from studies.study import Claim, Interaction, Quick, Reported, Shares, Study

if TYPE_CHECKING:
    from studies.interactive import read, run
    from studies.results import Results

__all__ = [
    "Claim",
    "Interaction",
    "Quick",
    "Reported",
    "Results",
    "Scoring",
    "Shares",
    "Study",
    "read",
    "run",
]

_MODULE_OF = {"read": "interactive", "run": "interactive", "Results": "results"}


def __getattr__(name: str) -> Any:
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULE_OF[name]}"), name)


def __dir__() -> list[str]:
    return [*globals(), *__all__]
