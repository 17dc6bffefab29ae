"""What a metric is measured in and which way is better, told by its name."""

from analysis.formatting import IN_PERCENT

LOSSES = ("loss", "drop", "forgetting", "squared error")
GAINS = ("accuracy", "learned", "recovery", "transfer")
FORGETTING = ("learned", "drop", "forgetting", "recovery", "recency", "transfer", "fluctuation")
SHARES = ("share ", "change per ")
"""How the names of other fractions begin; a change of accuracy per class is one."""


def unit_of(metric: str) -> str:
    """Accuracies are compared in points; other figures in their own unit."""
    if is_epoch(metric):
        return "epochs"
    if "accuracy" in metric and not any(word in metric for word in ("forgetting", "fluctuation")):
        return "points"
    if any(word in metric for word in FORGETTING) or metric.startswith(SHARES):
        return "percentage points"
    if "squared error" in metric:
        return "powers of ten" if metric.startswith("log10 ") else "squared units"
    return "nats" if "loss" in metric else metric


def is_fraction(metric: str) -> bool:
    """Whether a metric is a fraction, printed in percent; others are printed as they are."""
    return unit_of(metric) in IN_PERCENT


def is_epoch(metric: str) -> bool:
    """Whether a metric is the number of an epoch."""
    return metric.startswith("epoch of ") or metric.endswith(" epoch")


def factor_of(metric: str) -> float:
    """Forgetting figures and shares are fractions too, of another kind: compared in percent."""
    return 100.0 if unit_of(metric) == "percentage points" else 1.0


def higher_is_better(metric: str) -> bool | None:
    """Whether more of it is better; None for a figure of which that cannot be said."""
    if is_epoch(metric) or "fluctuation" in metric:
        return None
    if any(word in metric for word in LOSSES):
        return False
    return True if any(word in metric for word in GAINS) else None
