"""Which class a study's conditions forget most, in a sentence each."""

from analysis.drops import MostForgotten, class_drops, most_forgotten
from studies.results.reading import Reading, reference_of

MOST_SAID = 3
"""Conditions up to which each has a sentence."""


def forgotten_sentences(reading: Reading) -> list[str]:
    """The most forgotten class of each condition but the reference; of many conditions the worst.

    None where nothing was evaluated after segments.
    """
    reference = reference_of(reading)
    if reference is None and not _in_turns(reading):
        return []
    found = most_forgotten(class_drops(reading.records), reference)
    if len(found) > MOST_SAID:
        return [f"{_sentence(found[0], len(found))} That is the most of {len(found)} conditions."]
    return [_sentence(each, len(found)) for each in found]


def _in_turns(reading: Reading) -> bool:
    """Whether a condition shows classes one after the other."""
    orders = (record.recipe.get("order", {}).get("is") for record in reading.records)
    return any(order not in (None, "Shuffled") for order in orders)


def _sentence(each: MostForgotten, of: int) -> str:
    where = f" in {each.condition}" if of > 1 else ""
    # Of one run there is no interval, and NaN is in no order.
    interval = f" ({100 * each.low:.1f} to {100 * each.high:.1f})" if each.low <= each.high else ""
    drop = f"class {each.name}, {100 * each.drop:.1f} points{interval}"
    if each.drop <= 0:
        return f"No class is forgotten{where}: no mean drop is above 0 points."
    if each.low <= 0:
        # Of this class alone: another's smaller drop may well be sure.
        return f"Largest drop{where}, not surely above 0: {drop}."
    return f"Most forgotten{where}: {drop}."
