"""Comparisons on the command line: from a study's records, or from anybody's scores."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from core import Store
from data import InputError
from studies.reading import Reading, read
from studies.rendering import clean
from studies.reporting import input_errors

if TYPE_CHECKING:
    from analysis.comparison import Comparison
    from analysis.families import Family

FORGETTING = ("learned", "drop", "forgetting", "recovery", "recency", "transfer")


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
        variant: See `studies.reading.choose_variant`.
        wanted: What to compare; without pairs, every comparison that the study plans.

    Raises:
        InputError: The study was never run, a condition or metric is unknown.
    """
    reading = read(store, name, variant)
    definition = reading.definition
    planned = definition.comparisons if definition else ()
    pairs = wanted.pairs or planned
    if not pairs:
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
        if wanted.per_class:
            found: Comparison | Family = _classes(reading, pairs, metric, wanted, options)
        else:
            found = _conditions(reading, pairs, metric, wanted.correction, options)
    return Result(found, reading.remarks)


def compare_scores(path: Path, paired: bool, wanted: Wanted) -> "Result":
    """Compare conditions of a file with the columns condition, seed, value.

    Raises:
        InputError: The file is not as described, or a condition is not in it.
    """
    from analysis.comparison import compare
    from analysis.families import compare_classes
    from analysis.scores import condition_scores, read_scores

    metric = wanted.metric or "accuracy"
    unit = _unit(metric)
    if len(wanted.pairs) != 1:
        raise InputError(f"Received {str(path)!r} alone; expected two of its conditions as well.")
    ((a, b),) = wanted.pairs
    with input_errors():
        scores = read_scores(path, unit=unit)
        left, right = condition_scores(scores, a), condition_scores(scores, b)
        options: dict[str, Any] = {"paired": paired, "unit": unit, "margin": wanted.margin}
        options |= {"seeds_a": left.seeds, "seeds_b": right.seeds, "metric": metric}
        options |= {"name_a": a, "name_b": b}
        n_test = left.n_test if left.n_test == right.n_test else None
        if left.classes != right.classes:
            raise InputError(f"Received other classes for {a} than for {b}; expected the same.")
        if left.classes is None:
            if wanted.per_class:
                raise InputError(f"Received --per-class; expected a column class in {str(path)!r}.")
            return Result(compare(left.values, right.values, n_test=n_test, **options), ())  # type: ignore[arg-type]
        family = compare_classes(
            left.values,
            right.values,
            classes=left.classes,
            n_test=n_test,
            correction=wanted.correction,  # type: ignore[arg-type]
            **options,
        )
    return Result(family, ())


@dataclass(frozen=True)
class Result:
    """One comparison or a family of them, ready to be shown."""

    found: "Comparison | Family"
    remarks: tuple[str, ...]

    def show(self, style: str, figure: Path | None) -> None:
        """Print it, and draw its figure where one is asked for."""
        from analysis.comparison import Comparison
        from analysis.wording import explain

        if figure is not None:
            from analysis.comparison_figure import comparison_figure
            from analysis.figures import save

            with input_errors():
                save(comparison_figure(self.found), figure)
            click.echo(f"drawn: {figure}", err=True)
        if style == "json":
            click.echo(json.dumps(self.found.to_json(), indent=1, allow_nan=False))
        elif isinstance(self.found, Comparison):
            click.echo(explain(self.found))
        else:
            _show_family(self.found)
        for remark in self.remarks:
            click.echo(f"note: {clean(remark)}", err=True)


def sentences(reading: Reading) -> list[str]:
    """A study's answer: the verdict on each comparison that it plans, in a sentence."""
    from analysis.comparison import Comparison
    from analysis.wording import explain

    definition = reading.definition
    present = {record.condition for record in reading.records}
    pairs = [
        pair for pair in (definition.comparisons if definition else ()) if set(pair) <= present
    ]
    if definition is None or not pairs:
        return []
    options: dict[str, Any] = {
        "paired": definition.paired,
        "planned": reading.planned,
        "metric": definition.primary,
        "margin": definition.margin,
    }
    with input_errors():
        found = _conditions(reading, pairs, definition.primary, "holm", options)
    each = [found] if isinstance(found, Comparison) else found.comparisons
    return [explain(comparison).partition("\n")[0] for comparison in each]


def _conditions(
    reading: Reading,
    pairs: Sequence[tuple[str, str]],
    metric: str,
    correction: str,
    options: dict[str, Any],
) -> "Comparison | Family":
    """One comparison, or several as a family with Friedman's line."""
    from analysis.comparison import compare
    from analysis.families import compare_all
    from analysis.values import values_of

    unit = _unit(metric)
    names = list(dict.fromkeys(name for pair in pairs for name in pair))
    values = {
        name: values_of(reading.records, metric, name, diverged=True) * _factor(metric)
        for name in names
    }
    seeds = {name: series.index.tolist() for name, series in values.items()}
    options = options | {"unit": unit, "n_test": _examples(reading, metric)}
    if unit == "points":
        options["chance"] = 1 / reading.records[0].evaluations[0].confusion.shape[0]
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
        higher_is_better="loss" not in metric,
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
    import numpy as np
    import pandas as pd

    from analysis.families import compare_classes
    from analysis.values import values_of

    if len(pairs) != 1:
        raise InputError(
            f"Received --per-class for {len(pairs)} pairs of conditions; expected one: name two "
            "conditions."
        )
    ((a, b),) = pairs
    classes = range(reading.records[0].evaluations[0].confusion.shape[0])
    frames = {
        name: pd.DataFrame(
            {c: values_of(reading.records, metric, name, c, diverged=True) for c in classes}
        )
        * _factor(metric)
        for name in (a, b)
    }
    sizes = _class_examples(reading, metric)
    return compare_classes(
        frames[a].to_numpy(),
        frames[b].to_numpy(),
        classes=list(classes),
        seeds_a=frames[a].index.tolist(),
        seeds_b=frames[b].index.tolist(),
        name_a=a,
        name_b=b,
        n_test=None if sizes is None else np.asarray(sizes).tolist(),
        unit=_unit(metric),
        correction=wanted.correction,  # type: ignore[arg-type]
        **options,
    )


def _show_family(family: "Family") -> None:
    import pandas as pd

    from analysis.wording import explain
    from studies.rendering import show

    first = family.comparisons[0]
    if family.friedman is not None:
        ranks = ", ".join(
            f"{name} {rank:.2f}"
            for name, rank in zip(family.conditions, family.friedman.mean_ranks, strict=True)
        )
        click.echo(
            f"Friedman over {family.friedman.n} seeds: chi-square "
            f"{family.friedman.statistic:.2f}, p = {family.friedman.p:.4g}; mean ranks: {ranks}\n"
        )
    of = "class" if first.class_ is not None else "comparison"
    click.echo(
        f"{family.size} comparisons of {first.metric}, one family ({family.correction}); intervals "
        "are unadjusted 95 %"
    )
    rows = [
        {
            of: c.class_ if of == "class" else f"{c.a} - {c.b}",
            "n": c.n,
            f"difference ({c.unit})": _number(c.difference.points),
            "from": _number(c.difference.ci_low),
            "to": _number(c.difference.ci_high),
            "p": c.test.p,
            "p_adjusted": c.p_adjusted,
            "robust p": c.robust.p,
            "floor": c.robust.p_floor,
            "verdict": c.verdict,
        }
        for c in family.comparisons
    ]
    show(pd.DataFrame(rows), "text", decimals=2)
    click.echo()
    for comparison in family.comparisons:
        click.echo(explain(comparison).partition("\n")[0])
    for note in dict.fromkeys(note for c in family.comparisons for note in c.notes):
        click.echo(f"note: {note}")


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:+.2f}"


def _unit(metric: str) -> str:
    """Accuracies are compared in points; other figures in their own unit."""
    if "accuracy" in metric and "forgetting" not in metric:
        return "points"
    if any(word in metric for word in FORGETTING):
        return "percentage points"
    return "nats" if "loss" in metric else metric


def _factor(metric: str) -> float:
    """Forgetting figures are fractions too, but may be negative: they are compared in percent."""
    return 100.0 if _unit(metric) == "percentage points" else 1.0


def _examples(reading: Reading, metric: str) -> int | None:
    """How many examples stand behind an accuracy, where all runs have the same number."""
    sizes = _class_examples(reading, metric)
    return None if sizes is None else sum(sizes)


def _class_examples(reading: Reading, metric: str) -> list[int] | None:
    name = metric.removesuffix(" accuracy")
    found = {
        tuple(evaluation.confusion.sum(axis=1).tolist())
        for record in reading.records
        for evaluation in record.evaluations
        if evaluation.set == name
    }
    return list(found.pop()) if len(found) == 1 else None
