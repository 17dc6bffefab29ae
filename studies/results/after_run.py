"""What is printed when a study has been run: what it says, and its table."""

import shlex

from analysis.rendering.text import say
from core import Store
from studies.results.comparing import planned_results
from studies.results.forgotten import forgotten_sentences
from studies.results.printing import print_table
from studies.results.program import program
from studies.results.reading import read


def after_run(store: Store, name: str, variant: str) -> None:
    """Print what a study that was just run has to say: a sentence and a table."""
    reading = read(store, name, variant)
    if not reading.finished:
        return
    results = planned_results(reading)
    said = [] if results is None else [*results.sentences(), *results.further()]
    for sentence in (*said, *forgotten_sentences(reading)):
        say(f"{reading.study} ({reading.variant}): {sentence}\n")
    print_table(store, name, variant, None, "text")
    words = [program(), "table", name, "--variant", variant, "--figure", "FILE.png"]
    say(f"\nMore: {shlex.join(words)}")
