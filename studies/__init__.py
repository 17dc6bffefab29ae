"""The questions: one file per study, the runner, the command line."""

from studies.scoring import Scoring
from studies.study import Claim, Interaction, Quick, Reported, Shares, Study

__all__ = ["Claim", "Interaction", "Quick", "Reported", "Scoring", "Shares", "Study"]
