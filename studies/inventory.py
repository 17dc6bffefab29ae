"""What a store holds, study by study and run by run; light, without data frames."""

import json
from collections import Counter
from typing import get_args

import click

from core import Record, Store, environment, fingerprint
from core.record import Status
from core.store import Count
from data import InputError
from studies.progress import describe, duration
from studies.rendering import clean


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
            f"Received study {study!r}, which has no records in {str(store.folder)!r}; "
            "`ebb status` alone lists those that have."
        )
    here = fingerprint(environment())
    if style == "json":
        rows = [entry._asdict() | {"stale": entry.fingerprint != here} for entry in entries]
        click.echo(json.dumps(rows, indent=1))
    elif not counts:
        click.echo(f"{store.folder} holds no records yet: start with `ebb run class-order --quick`")
    else:
        _totals(store, counts, here)
        for entry in entries:
            stale = ", stale" if entry.fingerprint != here else ""
            error = f": {clean(entry.error)}" if entry.error else ""
            click.echo(
                f"  {entry.key}  {clean(entry.variant)}  {clean(entry.condition)} seed "
                f"{entry.seed}  {clean(entry.status)}{stale}  {duration(entry.seconds)}{error}"
            )


def _totals(store: Store, counts: list[Count], here: str) -> None:
    groups: dict[tuple[str, str], list[Count]] = {}
    for count in counts:
        groups.setdefault((count.study, count.variant), []).append(count)
    for (study, variant), members in groups.items():
        ends = Counter(dict.fromkeys(get_args(Status), 0))
        for count in members:
            ends[count.status] += count.records
        ends["stale"] = sum(count.records for count in members if count.fingerprint != here)
        words = ", ".join(f"{number} {clean(name)}" for name, number in ends.items() if number)
        click.echo(
            f"{clean(study)} ({clean(variant)}): {sum(each.records for each in members)} runs "
            f"({words}), {store.planned(study, variant)} seeds planned, last "
            f"{clean(max(each.last for each in members))} UTC"
        )


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
    click.echo(f"{record.study} ({clean(record.variant)}), {describe(record)}")
    for title, values in (
        ("recipe", record.recipe),
        ("environment", record.environment),
        ("seconds", {name: round(value, 3) for name, value in record.seconds.items()}),
        ("scores", {row[2]: row[3] for row in record.history} if "scores" in record.recipe else {}),
    ):
        if values:
            click.echo(f"{title}:")
        for name, value in values.items():
            click.echo(f"  {name}: {clean(json.dumps(value))}")
    click.echo(f"data: {record.data or 'none'}")
    for remark in record.remarks:
        click.echo(f"remark: {clean(remark)}")
    click.echo(
        f"{len(record.evaluations)} evaluations, {len(record.history)} rows of history, "
        f"results {record.digest()[:16]}"
    )
