"""Seeds that were meant to start apart and started alike."""

from collections.abc import Sequence

from core import Record


def same_starts(records: Sequence[Record]) -> list[str]:
    """A note on each condition whose seeds all began with the same weights.

    That is a network of the user's own whose builder sets the global seed, as many a notebook's
    does: its loss before training is the same to the last digit, so that the spread over seeds
    leaves out what the initialisation contributes.
    """
    losses: dict[tuple[str, str], dict[str, list[float]]] = {}
    for record in records:
        network = str(record.recipe.get("model", {}).get("name", ""))
        if ":" in network:
            of_sets = losses.setdefault((record.condition, network), {})
            for each in record.evaluations:
                if each.step == 0:
                    of_sets.setdefault(each.set, []).append(each.loss)
    return [
        f"all {len(found)} seeds of {condition} start with the same weights (loss {found[0]!r} "
        f"before training): {network} sets the global seed, or all weights; leave that out for "
        "seeds that differ"
        for (condition, network), of_sets in losses.items()
        # A set that is drawn anew for each seed shows nothing.
        for found in [next((x for x in of_sets.values() if len(set(x)) == 1 < len(x)), None)]
        if found
    ]
