"""What a store holds, study by study and run by run; light, without data frames."""

import json
from collections import Counter

from core import Record, Store, environment, fingerprint
from core.store import Entry
from data import InputError
from studies.progress import describe, duration
from studies.rendering import clean, say


def store_status(store: Store, study: str | None, style: str) -> None:
    """Print how many runs of each study ended how; of one study, run by run.

    Raises:
        InputError: Nothing is known of the study asked for.
    """
    entries = store.entries(study)
    if study is not None and not entries:
        raise InputError(
            f"Received study {study!r}, which has no records in {str(store.folder)!r}; "
            "`ebb status` alone lists those that have."
        )
    here = fingerprint(environment())
    if style == "json":
        rows = [entry._asdict() | {"stale": entry.fingerprint != here} for entry in entries]
        say(json.dumps(rows, indent=1))
    elif not entries:
        say(f"{store.folder} holds no records yet: start with `ebb run class-order --quick`")
    else:
        _totals(store, entries, here)
        if study is not None:
            for entry in entries:
                stale = ", stale" if entry.fingerprint != here else ""
                error = f": {entry.error}" if entry.error else ""
                line = (
                    f"  {entry.key}  {entry.variant}  {entry.condition} seed {entry.seed}  "
                    f"{entry.status}{stale}  {duration(entry.seconds)}{error}"
                )
                say(clean(line))


def _totals(store: Store, entries: list[Entry], here: str) -> None:
    groups: dict[tuple[str, str], list[Entry]] = {}
    lines: list[str] = []
    for entry in entries:
        groups.setdefault((entry.study, entry.variant), []).append(entry)
    for (study, variant), members in groups.items():
        counts = Counter(entry.status for entry in members)
        counts["stale"] = sum(entry.fingerprint != here for entry in members)
        words = ", ".join(f"{count} {name}" for name, count in counts.items() if count)
        last = max(entry.finished for entry in members)
        line = (
            f"{study} ({variant}): {len(members)} runs ({words}), "
            f"{store.planned(study, variant)} seeds planned, last {last} UTC"
        )
        lines.append(clean(line))
    # Not one by one: the store may be found to be damaged on the way, and then nothing is said.
    say("\n".join(lines))


def show_run(store: Store, key: str) -> None:
    """Print one run.

    Raises:
        InputError: No run, or several, whose key begins so.
    """
    found = [entry for entry in store.entries() if entry.key.startswith(key)]
    if len({entry.key for entry in found}) != 1:
        raise InputError(
            f"Received run {key!r}, which {len(found)} keys begin with; expected the key of one, "
            "as `ebb status STUDY` prints it."
        )
    for record in store.records(found):
        _show(record)


def _show(record: Record) -> None:
    say(clean(f"{record.study} ({record.variant}), {describe(record)}"))
    for title, values in (
        ("recipe", record.recipe),
        ("environment", record.environment),
        ("seconds", {name: round(value, 3) for name, value in record.seconds.items()}),
        ("scores", {row[2]: row[3] for row in record.history} if "scores" in record.recipe else {}),
    ):
        if values:
            say(f"{title}:")
        for name, value in values.items():
            say(clean(f"  {name}: {json.dumps(value)}"))
    say(clean(f"data: {record.data or 'none'}"))
    for remark in record.remarks:
        say(clean(f"remark: {remark}"))
    say(
        f"{len(record.evaluations)} evaluations, {len(record.history)} rows of history, "
        f"results {record.digest()[:16]}"
    )
