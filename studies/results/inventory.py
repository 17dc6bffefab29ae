"""What a store holds, study by study and run by run; light, without data frames."""

import json
import shlex
from collections import Counter
from typing import get_args

from analysis.rendering.formatting import format_duration
from analysis.rendering.text import clean, say
from core import Record, Store
from core.record import Status
from core.storage.store import Count, is_stale
from data import InputError
from studies.results.program import program


def study_name(name: str) -> str:
    """The name under which a study's records are kept; a file of a user's own is read for it."""
    if not name.endswith(".py"):
        return name
    from studies.definition.catalogue import find  # noqa: PLC0415  # recipes bring in NumPy

    return find(name).name


def store_status(store: Store, study: str | None, style: str) -> None:
    """Print how many runs of each study ended how; of one study, run by run.

    Raises:
        InputError: Nothing is known of the study asked for.
    """
    # The labels of all runs take seconds where there are 100,000.
    entries = store.entries(study) if study is not None or style == "json" else []
    counts = store.counts(study)
    if study is not None and not counts:
        raise InputError(
            f"Received study {study!r}, which has no records in {str(store.folder.resolve())!r}; "
            "`ebb status` alone lists those that have."
        )
    if style == "json":
        rows = [entry._asdict() | {"stale": is_stale(entry)} for entry in entries]
        say(json.dumps(rows, indent=1))
    elif not counts:
        words = shlex.join([program(), "run", "class-order", "--quick"])
        say(f"{store.folder.resolve()} holds no records yet: start with `{words}`")
    else:
        _totals(store, counts)
        for entry in entries:
            stale = ", stale" if is_stale(entry) else ""
            error = f": {entry.error}" if entry.error else ""
            line = (
                f"  {entry.key}  {entry.variant}  {entry.condition} seed {entry.seed}  "
                f"{entry.status}{stale}  {format_duration(entry.seconds)}{error}"
            )
            say(clean(line))


def _totals(store: Store, counts: list[Count]) -> None:
    groups: dict[tuple[str, str], list[Count]] = {}
    lines: list[str] = []
    for count in counts:
        groups.setdefault((count.study, count.variant), []).append(count)
    for (study, variant), members in groups.items():
        ends = Counter(dict.fromkeys(get_args(Status), 0))
        for count in members:
            ends[count.status] += count.records
        ends["stale"] = sum(count.records for count in members if is_stale(count))
        words = ", ".join(f"{number} {name}" for name, number in ends.items() if number)
        line = (
            f"{study} ({variant}): {sum(each.records for each in members)} runs ({words}), "
            f"{_planned(store, study, variant)}last {max(each.last for each in members)} UTC"
        )
        lines.append(clean(line))
    # Not one by one: the store may be found to be damaged on the way, and then nothing is said.
    say("\n".join(lines))


def _planned(store: Store, study: str, variant: str) -> str:
    planned = store.planned(study, variant)
    return f"{planned} seeds planned, " if planned else ""


def show_run(store: Store, key: str) -> None:
    """Print one run.

    Raises:
        InputError: No run, or several, whose key begins so.
    """
    found = [entry for entry in store.entries() if entry.key.startswith(key)]
    if (keys := len({entry.key for entry in found})) != 1:
        raise InputError(
            f"Received run {key!r}, which {keys} keys begin with; expected the key of one, "
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
    for note in record.notes:
        say(f"note: {clean(str(note))}")
    say(
        f"{len(record.evaluations)} evaluations, {len(record.history)} rows of history, "
        f"results {record.digest()[:16]}"
    )


def describe(record: Record) -> str:
    """A run in a few words: `class-sequential seed 3: finished, test accuracy 79.3 %, 8 s`."""
    words: list[str] = [record.status]
    last = {evaluation.set: evaluation for evaluation in record.evaluations}
    for name in ("test", "validation"):
        if name in last:
            counts = last[name].confusion
            if not counts.sum():
                continue
            words.append(f"{name} accuracy {100 * counts.trace() / counts.sum():.1f} %")
            break
    if record.error:
        words.append(record.error)
    if record.seconds:
        words.append(format_duration(sum(record.seconds.values())))
    if not record.repeatable:
        reasons = [str(note) for note in record.notes if note.kind == "changed"]
        words.append(f"not kept: {'; '.join(reasons)}")
    words += [str(note) for note in record.notes if note.kind == "weights-not-kept"]
    return clean(f"{record.condition} seed {record.seed}: {', '.join(words)}")
