"""What is printed when a study has been run: what it says, and its table."""

import shlex
from math import isnan

from analysis.rendering.formatting import counted
from analysis.rendering.table import Format
from analysis.rendering.text import say
from analysis.sweep import named_sweeps, off_the_lines, sweep_table
from core import Store
from studies.results.comparing import planned_results
from studies.results.footnotes import below
from studies.results.forgotten import forgotten_sentences
from studies.results.printing import print_table
from studies.results.program import program
from studies.results.reading import Reading, read
from studies.results.tables import shown_metrics

MOST_SAID = 3
"""Lines of a sweep that have a sentence each."""


def after_run(store: Store, name: str, variant: str) -> None:
    """Print what a study that was just run has to say: a sentence and a table."""
    reading = read(store, name, variant)
    if not reading.finished:
        say(f"{reading.study} ({reading.variant}): {' '.join(below(reading, ''))}", err=True)
        return
    results = planned_results(reading)
    said = [] if results is None else [*results.sentences(), *results.further()]
    said += best_values(reading) or forgotten_sentences(reading)
    for sentence in said:
        say(f"{reading.study} ({reading.variant}): {sentence}\n")
    print_table(reading, None, "text")
    words = [program(), "table", name, "--variant", variant, "--figure", "FILE.png"]
    say(f"\nMore: {shlex.join(words)}")


def best_values(reading: Reading) -> list[str]:
    """A sentence for each line of a sweep: its best value, and what the metric is there.

    None where a condition is on no line: it may be the best.
    """
    if off_the_lines(reading.conditions):
        return []
    metric = shown_metrics(reading)[0]
    said = []
    for sweep in named_sweeps(reading.conditions)[:MOST_SAID]:
        table = sweep_table(reading.records, sweep, metric)
        for row in table[table["best"]].head(MOST_SAID).to_dict("records"):
            level = Format(metric=metric)
            mean, low, high = (level.write(row[name], {}) for name in ("mean", "ci_low", "ci_high"))
            interval = "" if isnan(row["ci_low"]) else f"{low} to {high}, "
            of = f" of {row['line']}" if row["line"] else ""
            said.append(
                f"best {sweep.name}{of}: {row['number']:g}, {metric} {mean} ({interval}"
                f"{counted(row['n'], 'seed')})"
            )
    return said
