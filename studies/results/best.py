"""Which condition is the best, where the runs tell."""

from analysis.statistics.families import Family
from data import InputError
from studies.results.comparing import Wanted, compare_reading
from studies.results.reading import Reading

MOST = 12
"""Conditions up to which every two are compared for it."""


def may_be_best(reading: Reading) -> list[str]:
    """The conditions that may be the best by the deciding metric (Hsu 1984); none if not compared.

    All pairs are compared with the study's own pairing, at a simultaneous level of 95 %.
    """
    if not 1 < len(reading.conditions) <= MOST:
        return []
    try:
        found = compare_reading(reading, Wanted((), best=True)).found
    except InputError:  # a condition without a finished run, a metric that is better neither way
        return []
    best = found.best if isinstance(found, Family) else ()
    return [each.condition for each in best if each.may_be]
