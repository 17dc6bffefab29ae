"""The questions: one file per study, the runner, the command line."""

from studies.study import Claim, Interaction, Quick, Reported, Study

__all__ = ["Claim", "Interaction", "Quick", "Reported", "Study"]
