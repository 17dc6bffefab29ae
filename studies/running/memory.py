"""The memory that a worker takes: measured with every run, expected of the next."""

import sys
from collections.abc import Set

from core import Record, Store
from core.notes import Note, note
from core.training.environment import made_here

try:
    import resource
except ImportError:  # there is none on Windows
    resource = None  # type: ignore[assignment]


def measured() -> tuple[Note, ...]:
    """What this process took at most since it began; nothing on a system that does not say."""
    if resource is None:
        return ()
    used = resource.getrusage(resource.RUSAGE_SELF)
    kilobytes = used.ru_maxrss / (1024 if sys.platform == "darwin" else 1)
    return (note("memory", megabytes=round(kilobytes / 1024)),)


def expected_megabytes(store: Store, study: str, variant: str, wanted: Set[str]) -> int | None:
    """What one worker takes at most, from one run of each wanted condition.

    None where nothing is known of one of them in this environment.
    """
    last = {
        entry.condition: entry
        for entry in store.entries(study)
        if entry.variant == variant
        and entry.status == "finished"
        and entry.condition in wanted
        and made_here(entry.fingerprint)
    }
    if not wanted or set(last) != wanted:
        return None
    most = [megabytes(record) for record in store.records(list(last.values()))]
    return max(most) if all(most) else None


def megabytes(record: Record) -> int:
    """What the worker of a run took at most until its end; 0 where it is not known."""
    found = [each for each in record.notes if each.kind == "memory"]
    return int(found[-1].figures["megabytes"]) if found else 0
