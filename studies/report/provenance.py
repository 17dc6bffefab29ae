"""Where the numbers of a page come from: runs, failures, environment, and how to do it again."""

import shlex

from analysis.rendering.formatting import format_numbers
from analysis.rendering.table import Table, text_table
from analysis.runs import STATUSES
from analysis.statistics.looks import LookPlan
from analysis.tables import status_counts
from core import fingerprint
from core.training.environment import made_here
from studies.definition.study import Study
from studies.results.reading import Reading
from studies.running import memory
from studies.running.request import scale_to_type, seeds_to_type

MOST_RUNS = 50
"""Runs without a result that are listed one by one."""
ENVIRONMENT = {"core": "Ebb's core", "ebb": "Ebb", "xla": "XLA flags"}


def runs_table(reading: Reading, planned: Study | None) -> Table:
    """How the runs of each condition ended."""
    counts = {row["condition"]: row for row in status_counts(reading.records).to_dict("records")}
    names = dict.fromkeys([*counts, *(planned.conditions if planned else ())])
    rows = []
    for name in names:
        seeds = sorted({r.seed for r in reading.records if r.condition == name})
        row = counts.get(name, dict.fromkeys(STATUSES, 0))
        ends = [row[each] for each in STATUSES]
        rows.append((name, reading.planned, *ends, format_numbers(seeds)))
    columns = ("condition", "planned seeds", *STATUSES, "seeds")
    return text_table("How the runs ended", columns, rows)


def failures_table(reading: Reading) -> Table | None:
    """Runs without a result, one by one."""
    lost = [record for record in reading.records if record.status in ("failed", "stopped")]
    lost += [record for record in reading.records if record.status == "diverged"]
    rows = [(r.condition, r.seed, r.status, r.error or "-", r.key) for r in lost[:MOST_RUNS]]
    if not rows:
        return None
    caption = "Runs that did not finish"
    caption += f" (the first {MOST_RUNS} of {len(lost)})" if len(lost) > MOST_RUNS else ""
    columns = ("condition", "seed", "status", "error", "run")
    return text_table(caption, columns, rows, heads=2)


def environment_table(reading: Reading) -> Table:
    """Versions, processor and data that the numbers come from."""
    first = reading.records[0].environment
    if reading.recorded:
        versions = dict.fromkeys(r.environment.get("code version", "") for r in reading.records)
        rows = [("code version", each) for each in versions if each]
    else:
        rows = [(ENVIRONMENT.get(name, name), value) for name, value in first.items()]
        same = made_here(fingerprint(first))
        rows.append(("the environment of this page", "the same" if same else "another: stale"))
    checksums = dict.fromkeys(f"{r.recipe['dataset']}: {r.data or 'none'}" for r in reading.records)
    rows += [("data, checksum", each) for each in checksums]
    most = max(map(memory.megabytes, reading.records))
    rows += [("memory of a worker, at most", f"{most} MB")] if most else []
    notes = dict.fromkeys(
        str(note)
        for r in reading.records
        for note in r.notes
        if note.kind != "memory"  # every run has its own
    )
    rows += [("note of runs", each) for each in notes]
    return text_table("What the numbers were measured with", ("what", "value"), rows)


def command_of(reading: Reading, name: str, planned: Study | None) -> tuple[str, str]:
    """The line that does it all again, and what a reader must add; no line if none does it."""
    if reading.recorded:
        return "", "The program that trained these runs does it again."
    parts, note = ["ebb", "run", name], ""
    if reading.definition is None:
        parts[2] = "FILE.py"
        note = "FILE.py is the file that defines the study; only its name is known here."
    scale = reading.scale
    options = None if scale is None else scale_to_type(scale)
    if scale is None or options is None:
        return "", f"No line does it again: the variant {reading.variant} cannot be typed."
    parts += options
    there = reading.conditions
    if planned is not None and set(there) < set(planned.conditions):
        parts += ["--conditions", ",".join(there)]
    seeds = sorted({record.seed for record in reading.records})
    if reading.design:
        looks = LookPlan.stored(reading.design)
        parts += ["--until-decided", "--looks", ",".join(map(str, looks.looks))]
        parts += ["--spending", looks.spending]
    elif planned is None or scale.overrides or seeds != list(range(planned.seeds)):
        parts += ["--seeds", seeds_to_type(seeds)]
    return shlex.join(parts), note
