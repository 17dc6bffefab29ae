"""Which condition is the best, where the runs tell."""

from analysis.statistics.families import Family
from data import InputError
from studies.results.comparing import Wanted, compare_reading
from studies.results.reading import Reading

MOST = 12
"""Conditions up to which every two are compared for it."""


def clear_best(reading: Reading) -> str | None:
    """The only condition that may be the best by the deciding metric (Hsu 1984); None if several.

    All pairs are compared with the study's own pairing, at a simultaneous level of 95 %.
    """
    if not 1 < len(reading.conditions) <= MOST:
        return None
    try:
        found = compare_reading(reading, Wanted((), best=True)).found
    except InputError:  # a condition without a finished run
        return None
    best = found.best if isinstance(found, Family) else ()
    may_be = [each.condition for each in best if each.high > 0]
    return may_be[0] if len(may_be) == 1 else None
