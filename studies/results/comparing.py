"""Comparisons on the command line: from a study's records, or from anybody's scores."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import compress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analysis.metrics.units import factor_of, higher_is_better, unit_of
from analysis.rendering.tables import clean, say
from core import Store
from data import InputError
from studies.results.interacting import interaction_words, interactions_of, show_interactions
from studies.results.reading import Reading, read
from studies.results.tables import input_errors
from studies.results.units import (
    chance_of,
    class_examples_behind,
    classes_of,
    examples_behind,
    unit_in,
)

if TYPE_CHECKING:
    import pandas as pd

    from analysis.statistics.comparison import Comparison
    from analysis.statistics.families import Family
    from analysis.statistics.interaction import DoubleDifference


@dataclass(frozen=True)
class Wanted:
    """What a call asks to compare.

    Attributes:
        pairs: The pairs of conditions.
        metric: As in the summary table; None for the study's primary one.
        per_class: Whether to compare class by class.
        margin: Largest difference that does not matter, in points.
        correction: `holm` or `bh`.
    """

    pairs: tuple[tuple[str, str], ...]
    metric: str | None = None
    per_class: bool = False
    margin: float | None = None
    correction: str = "holm"


def compare_study(store: Store, name: str, variant: str | None, wanted: Wanted) -> "Result":
    """Compare conditions of a study.

    Args:
        store: Where its records are.
        name: The study's name or file.
        variant: See `studies.results.reading.choose_variant`.
        wanted: What to compare; without pairs, every comparison that the study plans, and its
            interactions.

    Raises:
        InputError: The study was never run, a condition or metric is unknown.
    """
    return compare_reading(read(store, name, variant), wanted)


def compare_reading(reading: Reading, wanted: Wanted) -> "Result":
    """Compare conditions of a study that was read; see `compare_study`.

    Raises:
        InputError: A condition or metric is unknown.
    """
    definition = reading.definition
    planned = definition.comparisons if definition else ()
    run = {record.condition for record in reading.records}
    there = tuple(pair for pair in planned if set(pair) <= run)
    # An interaction is of the whole study: neither of one pair of conditions, nor of a class.
    whole = not (wanted.pairs or wanted.per_class)
    interacting = whole and definition is not None and bool(definition.interactions)
    pairs = wanted.pairs or there or (() if interacting else planned)
    notes = reading.notes
    if not wanted.pairs and pairs != planned:
        left_out = f"{len(planned) - len(there)} of {len(planned)} planned comparisons left out"
        notes += (f"{left_out}: a condition of theirs was not run",)
    if not (pairs or interacting):
        raise InputError(
            f"Received no conditions for {reading.study}, which plans no comparison; "
            f"expected two of {', '.join(dict.fromkeys(r.condition for r in reading.records))}."
        )
    metric = wanted.metric or (definition.primary if definition else "test accuracy")
    margin = wanted.margin
    if margin is None and definition is not None and metric == definition.primary:
        margin = definition.margin
    options: dict[str, Any] = {
        "paired": definition.paired if definition else True,
        "planned": reading.planned,
        "study": reading.study,
        "variant": reading.variant,
        "metric": metric,
        "margin": margin,
    }
    with input_errors():
        found: Comparison | Family | None = None
        if wanted.per_class:
            found = _classes(reading, pairs, metric, wanted, options)
        elif pairs:
            found = _conditions(reading, pairs, metric, wanted.correction, options)
        interactions: tuple[DoubleDifference, ...] = ()
        if interacting:
            interactions = interactions_of(reading, metric, margin, wanted.correction)
    return Result(found, notes, interactions)


def compare_scores(path: Path, paired: bool, wanted: Wanted) -> "Result":
    """Compare conditions of a file with the columns condition, seed, value.

    Raises:
        InputError: The file is not as described, or a condition is not in it.
    """
    from analysis.scores import condition_scores, read_scores
    from analysis.statistics.comparison import compare
    from analysis.statistics.families import compare_classes

    metric = wanted.metric or "accuracy"
    unit = unit_of(metric)
    if len(wanted.pairs) != 1:
        raise InputError(f"Received {str(path)!r} alone; expected two of its conditions as well.")
    ((a, b),) = wanted.pairs
    with input_errors():
        if not path.exists():
            raise InputError(
                f"Received {str(path)!r}; expected a file that is there: there is none."
            )
        scores = read_scores(path, unit=unit)
        left, right = condition_scores(scores, a), condition_scores(scores, b)
        options: dict[str, Any] = {"paired": paired, "unit": unit, "margin": wanted.margin}
        options |= {"seeds_a": left.seeds, "seeds_b": right.seeds, "metric": metric}
        options |= {"name_a": a, "name_b": b}
        n_test = left.n_test if left.n_test == right.n_test else None
        x, y = (each.values * factor_of(metric) for each in (left, right))
        if left.classes != right.classes:
            raise InputError(f"Received other classes for {a} than for {b}; expected the same.")
        if left.classes is None:
            if wanted.per_class:
                raise InputError(f"Received --per-class; expected a column class in {str(path)!r}.")
            return Result(compare(x, y, n_test=n_test, **options), ())  # type: ignore[arg-type]
        family = compare_classes(
            x,
            y,
            classes=left.classes,
            n_test=n_test,
            correction=wanted.correction,  # type: ignore[arg-type]
            **options,
        )
    return Result(family, ())


@dataclass(frozen=True)
class Result:
    """One comparison or a family of them, and planned interactions, ready to be shown."""

    found: "Comparison | Family | None"
    notes: tuple[str, ...]
    interactions: "tuple[DoubleDifference, ...]" = ()

    def show(self, style: str, figure: Path | None) -> None:
        """Print it, and draw its figure where one is asked for."""
        from analysis.statistics.comparison import Comparison
        from analysis.statistics.wording import explain

        if figure is not None:
            if self.found is None:
                raise InputError(
                    "Received --figure for a study that plans no comparison; expected two "
                    "conditions to draw."
                )
            from analysis.figures.comparison import comparison_figure
            from analysis.figures.saving import save

            with input_errors():
                save(comparison_figure(self.found), figure)
            say(f"drawn: {figure}", err=True)
        if style == "json":
            record = {} if self.found is None else self.found.to_json()
            if self.interactions:
                record["interactions"] = [each.to_json() for each in self.interactions]
            say(json.dumps(record, indent=1, allow_nan=False))
        elif style in ("markdown", "latex"):
            self._show_tables(style)
        else:
            if isinstance(self.found, Comparison):
                say(explain(self.found))
            elif self.found is not None:
                _show_family(self.found)
            if self.interactions:
                if self.found is not None:
                    say("")
                show_interactions(self.interactions)
        for note in self.notes:
            say(f"note: {clean(note)}", err=True)

    def sentences(self) -> list[str]:
        """The verdict on each comparison and interaction."""
        from analysis.statistics.wording import interaction_sentence, sentence

        return [*map(sentence, self._comparisons()), *map(interaction_sentence, self.interactions)]

    def _comparisons(self) -> "Sequence[Comparison]":
        from analysis.statistics.families import Family

        if isinstance(self.found, Family):
            return self.found.comparisons
        return () if self.found is None else (self.found,)

    def _show_tables(self, style: str) -> None:
        """The comparisons as a table and their sentences; then the interactions likewise."""
        from analysis.rendering.tables import show
        from analysis.statistics.comparison import Comparison
        from analysis.statistics.comparison_table import comparison_table, interaction_table
        from analysis.statistics.wording import (
            explain_family,
            interaction_sentence,
            margin_words,
            sentence,
        )

        shown: list[tuple[pd.DataFrame, str, list[str]]] = []
        found = self.found
        if isinstance(found, Comparison):
            title = f"{found.metric} of {found.a} and {found.b}: {found.test.name}, 95 % interval"
            verdict = sentence(found)
            notes = [f"note: {note}" for note in found.notes if note not in verdict]
            if found.equivalence is not None:
                notes.insert(0, f"equivalence: {margin_words(found.equivalence, found.unit)}")
            shown.append((comparison_table(found), title, [verdict, *notes]))
        elif found is not None:
            title, *lines = explain_family(found).split("\n")
            shown.append((comparison_table(found), title, lines))
        if self.interactions:
            lines = list(map(interaction_sentence, self.interactions))
            title = interaction_words(self.interactions)
            shown.append((interaction_table(self.interactions), title, lines))
        first = (self._comparisons() or self.interactions)[0]
        where = f"{first.study} ({first.variant}): " if first.study else ""
        for i, (table, title, lines) in enumerate(shown):
            if style == "markdown":
                say("\n" * (i > 0) + f"{where}{title}\n", markdown=True)
            show(table, style, decimals=2, title=f"{where}{title}", notes=lines)
            if style == "markdown":
                say("\n" + "\n\n".join(lines), markdown=True)


def answer(reading: Reading) -> Result | None:
    """What a study says: the comparisons and interactions that it plans and that were run.

    Returns:
        None where there are none. A condition that was not run leaves its interactions out, but
        in the family that p-values are adjusted for.

    Raises:
        InputError: No finished run has the metric that decides.
    """
    definition = reading.definition
    if definition is None:
        return None
    run = {record.condition for record in reading.records}
    interacting = [set(each.conditions) <= run for each in definition.interactions]
    if not (any(interacting) or any(set(pair) <= run for pair in definition.comparisons)):
        return None
    result = compare_reading(reading, Wanted(()))
    return replace(result, interactions=tuple(compress(result.interactions, interacting)))


def _conditions(
    reading: Reading,
    pairs: Sequence[tuple[str, str]],
    metric: str,
    correction: str,
    options: dict[str, Any],
) -> "Comparison | Family":
    """One comparison, or several as a family with Friedman's line."""
    from analysis.metrics.values import values_of
    from analysis.statistics.comparison import compare
    from analysis.statistics.families import compare_all

    names = list(dict.fromkeys(name for pair in pairs for name in pair))
    values = {
        name: values_of(reading.records, metric, name, diverged=True) * factor_of(metric)
        for name in names
    }
    seeds = {name: series.index.tolist() for name, series in values.items()}
    options = options | {
        "unit": unit_in(reading, metric),
        "n_test": examples_behind(reading, metric),
        "chance": chance_of(reading, metric),
    }
    if len(pairs) == 1:
        ((a, b),) = pairs
        return compare(
            values[a].to_numpy(),
            values[b].to_numpy(),
            seeds_a=seeds[a],
            seeds_b=seeds[b],
            name_a=a,
            name_b=b,
            **options,
        )
    return compare_all(
        {name: series.to_numpy() for name, series in values.items()},
        pairs=pairs,
        seeds=seeds,
        higher_is_better=higher_is_better(metric) is not False,
        correction=correction,  # type: ignore[arg-type]
        **options,
    )


def _classes(
    reading: Reading,
    pairs: Sequence[tuple[str, str]],
    metric: str,
    wanted: Wanted,
    options: dict[str, Any],
) -> "Family":
    """The classes of one pair of conditions as a family."""
    from analysis.metrics.values import OVER_CLASSES
    from analysis.statistics.comparison import compare
    from analysis.statistics.families import Family, adjust_family

    if len(pairs) != 1:
        raise InputError(
            f"Received --per-class for {len(pairs)} pairs of conditions; expected one: name two "
            "conditions."
        )
    ((a, b),) = pairs
    if metric.startswith(OVER_CLASSES):
        raise InputError(
            f"Received --per-class with the metric {metric!r}, which is over all classes; expected "
            "one that each class has: --metric 'test accuracy', or one of the forgetting table "
            "(--metric drop)."
        )
    classes = classes_of(reading)
    if classes is None:
        raise InputError(
            f"Received --per-class for {reading.study}; expected a study that trains networks on "
            "classes."
        )
    values = {name: _of_each_class(reading, metric, name, classes) for name in (a, b)}
    sizes = class_examples_behind(reading, metric) or [0] * classes
    found = [
        compare(
            x.to_numpy(),
            y.to_numpy(),
            seeds_a=x.index.tolist(),
            seeds_b=y.index.tolist(),
            name_a=a,
            name_b=b,
            n_test=n_test or None,
            unit=unit_in(reading, metric),
            chance=chance_of(reading, metric),
            class_=c,
            **options,
        )
        for c, (x, y, n_test) in enumerate(zip(values[a], values[b], sizes, strict=True))
    ]
    return Family(adjust_family(found, wanted.correction), wanted.correction)  # type: ignore[arg-type]


def _of_each_class(
    reading: Reading, metric: str, condition: str, classes: int
) -> "list[pd.Series]":
    """A figure of each class, by the seeds that have it: a class shown last has no later turn.

    Raises:
        ValueError: No class has it.
    """
    import pandas as pd

    from analysis.metrics.values import values_of

    found: list[pd.Series] = []
    for c in range(classes):
        try:
            values = values_of(reading.records, metric, condition, c, diverged=True)
            found.append(values * factor_of(metric))
        except ValueError:
            # The last one may say why, if all the others were refused too.
            if c == classes - 1 and not any(map(len, found)):
                raise
            found.append(pd.Series(dtype=float))
    return found


def _show_family(family: "Family") -> None:
    from analysis.rendering.tables import show
    from analysis.statistics.comparison_table import comparison_table
    from analysis.statistics.wording import family_notes, family_words, friedman_words, sentence

    if family.friedman is not None:
        say(f"{friedman_words(family)}\n")
    say(family_words(family))
    show(comparison_table(family), "text", decimals=2)
    say("")
    for comparison in family.comparisons:
        say(sentence(comparison))
    for note in family_notes(family):
        say(f"note: {note}")
