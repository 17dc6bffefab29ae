"""What is printed when a study has been run: what it says, and its table."""

import shlex

from analysis.rendering.text import say
from analysis.runs import SAMPLE, has_segments
from core import Store
from studies.results.comparing import planned_results
from studies.results.printing import print_table
from studies.results.program import program
from studies.results.reading import Reading, read
from studies.results.tables import default_kind

OVER_SEGMENTS = ("forgetting", "summary")
"""Tables that a study may answer with, and that have no figure without segments."""


def after_run(store: Store, name: str, variant: str) -> None:
    """Print what a study that was just run has to say: a sentence and a table."""
    reading = read(store, name, variant)
    if not reading.finished:
        return
    results = planned_results(reading)
    for sentence in results.sentences() if results else ():
        say(f"{reading.study} ({reading.variant}): {sentence}\n")
    print_table(store, name, variant, None, "text", None)
    more = [] if drawn_kind(reading) is None else ["--kind", str(drawn_kind(reading))]
    words = [program(), "table", name, "--variant", variant, *more, "--figure", "FILE.png"]
    say(f"\nMore: {shlex.join(words)}")


def drawn_kind(reading: Reading) -> str | None:
    """The table whose figure can be drawn of what was measured; None for the one just printed."""
    sampled = any(has_segments(record, SAMPLE) for record in reading.finished)
    # Tables of classes are drawn over the segments, which not every study evaluates.
    return None if sampled or default_kind(reading) not in OVER_SEGMENTS else "overview"
