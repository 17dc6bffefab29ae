"""The questions: one file per study, the runner, the command line."""

from studies.study import Claim, Quick, Reported, Study

__all__ = ["Claim", "Quick", "Reported", "Study"]
