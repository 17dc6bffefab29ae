"""Two variants of a study beside each other: the same conditions, paired by seed."""

from collections.abc import Collection, Sequence
from dataclasses import replace

from analysis.runs import RunSet
from core import Store
from data import InputError
from studies.results.compared import Compared
from studies.results.comparing import Wanted, compare_reading
from studies.results.inventory import study_name
from studies.results.reading import Reading, read


def compare_variants(
    store: Store, name: str, variants: str, conditions: Sequence[str], wanted: Wanted
) -> Compared:
    """Compare each condition in one variant with itself in the other.

    Args:
        store: Where the records are.
        name: The study's name or file.
        variants: Two names with a comma between: `full,replay.capacity=20`.
        conditions: Only these; all if there are none.
        wanted: How; its pairs are made here.

    Raises:
        InputError: A variant or a condition that is not there, or nothing that differs.
    """
    if wanted.among:
        raise InputError(
            "Received --variants with --all-pairs, --control or --best; expected it without: each "
            "condition is compared with itself."
        )
    known = {entry.variant for entry in store.entries(study_name(name))}
    if not known:
        read(store, name)  # says that it was never run
    first, second = (read(store, name, each) for each in two_variants(variants, known))
    shared = [each for each in first.conditions if each in second.conditions]
    for each in conditions:
        if each not in shared:
            raise InputError(
                f"Received condition {each!r}; expected one that both variants have: "
                f"{', '.join(shared) or 'there is none'}."
            )
    chosen = list(conditions) or shared
    unchanged = [each for each in chosen if first.recipes[each] == second.recipes[each]]
    pairs = tuple(
        (_label(first, each), _label(second, each)) for each in chosen if each not in unchanged
    )
    if not pairs:
        raise InputError(
            f"Received --variants {variants}; expected two that change a condition: "
            f"{', '.join(unchanged) or 'no condition'} is the same recipe in both."
        )
    found = compare_reading(_both(first, second), replace(wanted, pairs=pairs))
    same = [f"the same recipe in both, not compared: {', '.join(unchanged)}"] * bool(unchanged)
    return replace(found, notes=(*found.notes, *same))


def two_variants(text: str, known: Collection[str]) -> tuple[str, str]:
    """The two variants that a text names; their names may have commas themselves.

    Raises:
        InputError: It does not name two that are there.
    """
    parts = text.split(",")
    splits = [(",".join(parts[:i]), ",".join(parts[i:])) for i in range(1, len(parts))]
    there = [pair for pair in splits if set(pair) <= set(known) and pair[0] != pair[1]]
    if len(there) != 1:
        raise InputError(
            f"Received --variants {text!r}; expected two different ones of those that were run, "
            f"with a comma between: {' | '.join(sorted(known))}. Another is run by `ebb run STUDY "
            "--set FIELD=VALUE`."
        )
    return there[0]


def _label(reading: Reading, condition: str) -> str:
    return f"{condition} ({reading.variant})"


def _both(first: Reading, second: Reading) -> Reading:
    """The records of both, with their variants in the names of the conditions."""
    records = RunSet(
        replace(record, condition=_label(reading, record.condition))
        for reading in (first, second)
        for record in reading.records
    )
    return replace(
        first,
        variant=f"{first.variant} and {second.variant}",
        records=records,
        planned=max(first.planned, second.planned),
        notes=tuple(dict.fromkeys((*first.notes, *second.notes))),
    )
