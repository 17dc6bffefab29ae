"""What a metric is measured in and which way is better, told by its name."""

import re

from analysis.rendering.formatting import IN_PERCENT

OF_A_CLASS = ("learned", "drop", "recovery", "final", "untrained", "minimum_after_first_segment")
"""Columns of the forgetting table that are accuracies or differences of them."""
LOSSES = re.compile(r"\bloss\b|\bsquared error\b|\bdrop\b|\bforgetting")
GAINS = re.compile(r"\baccuracy\b|\blearned\b|\brecovery\b|^tasks: .*transfer")


def unit_of(metric: str) -> str:
    """Accuracies are compared in points; other figures in their own unit.

    Only names that are Ebb's own are known, whole: a study may have a `transfer time` of its own.
    """
    if is_epoch(metric):
        return "epochs"
    if metric == "recency":
        return "segments"
    if _is_of_forgetting(metric) or metric.startswith(("share ", "change per ")):
        return "percentage points"
    if re.search(r"\baccuracy\b", metric):
        return "points"
    if re.search(r"\bsquared error\b", metric):
        return "powers of ten" if metric.startswith("log10 ") else "squared units"
    return "nats" if re.search(r"\bloss\b", metric) else metric


def _is_of_forgetting(metric: str) -> bool:
    """Whether a metric is a figure of forgetting: a fraction, but no accuracy to be tested so."""
    if metric.startswith("tasks: "):
        return not metric.endswith("accuracy")
    name = metric.removeprefix("mean ")
    known = name in OF_A_CLASS or name.startswith(("forgetting", "recency bias"))
    return known or metric.endswith("accuracy roughness")


def is_fraction(metric: str) -> bool:
    """Whether a metric is a fraction, printed in percent; others are printed as they are."""
    return unit_of(metric) in IN_PERCENT


def is_epoch(metric: str) -> bool:
    """Whether a metric is the number of an epoch."""
    return metric.startswith("epoch of ") or metric.endswith(" epoch")


def factor_of(metric: str) -> float:
    """Figures of forgetting and proportions are fractions too, but are compared in percent."""
    return 100.0 if unit_of(metric) == "percentage points" else 1.0


def higher_is_better(metric: str) -> bool | None:
    """Whether more of it is better; None for a figure of which that cannot be said."""
    if unit_of(metric) == metric or is_epoch(metric) or metric.endswith("roughness"):
        return None
    if LOSSES.search(metric):
        return False
    return True if GAINS.search(metric) else None
