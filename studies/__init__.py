"""The questions: one file per study, the runner, the command line."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from studies.scoring import Scoring
    from studies.study import Claim, Interaction, Quick, Reported, Shares, Study

__all__ = ["Claim", "Interaction", "Quick", "Reported", "Scoring", "Shares", "Study"]


def __getattr__(name: str) -> Any:
    """Import what is asked for: the command line can be interrupted before NumPy is there."""
    if name in __all__:
        return getattr(
            import_module(f"studies.{'scoring' if name == 'Scoring' else 'study'}"), name
        )
    raise AttributeError(f"module 'studies' has no attribute {name!r}")
