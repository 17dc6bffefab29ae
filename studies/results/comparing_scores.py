"""Comparisons of anybody's scores, from a file."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.metrics.registry import metric_named
from analysis.rendering.formatting import counted
from analysis.scores import ConditionScores, condition_scores, read_scores
from analysis.statistics.comparison import compare
from analysis.statistics.families import Family, compare_all, compare_classes
from analysis.statistics.result import Comparison
from data import InputError
from studies.results.compared import Compared
from studies.results.comparing import Pairs, Wanted
from studies.results.tables import input_errors

MOST_NAMES = 10
"""Conditions that a message lists."""


def compare_scores(path: Path, paired: bool, wanted: Wanted) -> Compared:
    """Compare conditions of a file with the columns condition, seed, value.

    Raises:
        InputError: The file is not as described, or a condition is not in it.
    """
    metric = metric_named(wanted.metric or "accuracy")
    with input_errors():
        scores = scores_of(path, metric.unit)
        names = [str(name) for name in scores["condition"].unique()]
        pairs = _pairs(path, names, wanted)
        sides = {
            name: condition_scores(scores, name)
            for name in dict.fromkeys(name for pair in pairs for name in pair)
        }
        options: dict[str, Any] = {
            "paired": paired,
            "unit": metric.unit,
            "margin": wanted.margin,
            "chance": wanted.chance,
            "metric": wanted.metric or "accuracy",
        }
        if any(side.classes is not None for side in sides.values()) or wanted.per_class:
            found: Comparison | Family = _classes(path, sides, pairs, wanted, options)
        else:
            found = _conditions(sides, pairs, wanted, options)
    left_out = len(names) - len(sides)
    others = (
        f"{counted(left_out, 'other condition')} of the file {'is' if left_out == 1 else 'are'}"
    )
    note = f"{others} not compared; p is of these alone (--all-pairs and --control NAME take all)"
    return Compared(found, (note,) if left_out else ())


def scores_of(path: Path, unit: str) -> pd.DataFrame:
    """The scores in a file.

    Raises:
        InputError: There is no such file.
        ValueError: It is not as described.
    """
    if not path.exists():
        raise InputError(f"Received {str(path)!r}; expected a file that is there: there is none.")
    return read_scores(path, unit=unit)


def _pairs(path: Path, names: list[str], wanted: Wanted) -> Pairs:
    if wanted.pairs:
        return wanted.pairs
    if wanted.among:
        return wanted.pairs_among(names)
    if len(names) == 2:
        return ((names[0], names[1]),)
    listed = ", ".join(names[:MOST_NAMES]) + (", ..." if len(names) > MOST_NAMES else "")
    raise InputError(
        f"Received {str(path)!r} with {counted(len(names), 'condition')} ({listed}) and none "
        "named; expected two of them, --all-pairs, or --control NAME."
    )


def _conditions(
    sides: Mapping[str, ConditionScores], pairs: Pairs, wanted: Wanted, options: dict[str, Any]
) -> Comparison | Family:
    """One comparison, or several as a family with Friedman's line."""
    metric = metric_named(options["metric"])
    sizes = {side.n_test for side in sides.values()}
    options["n_test"] = sizes.pop() if len(sizes) == 1 else None
    values = {name: side.values * metric.factor for name, side in sides.items()}
    if len(pairs) == 1 and not wanted.best:
        ((a, b),) = pairs
        options |= {"seeds_a": sides[a].seeds, "seeds_b": sides[b].seeds}
        return compare(values[a], values[b], name_a=a, name_b=b, **options)
    return compare_all(
        values,
        pairs,
        seeds={name: side.seeds for name, side in sides.items()},
        higher_is_better=metric.higher_is_better is not False,
        correction=wanted.correction,  # type: ignore[arg-type]
        best=wanted.best,
        **options,
    )


def _classes(
    path: Path,
    sides: Mapping[str, ConditionScores],
    pairs: Pairs,
    wanted: Wanted,
    options: dict[str, Any],
) -> Family:
    """The classes of one pair of conditions as a family."""
    if len(pairs) != 1:
        raise InputError(
            f"Received {str(path)!r} with a column class for {len(pairs)} pairs of conditions; "
            "expected one: name two conditions."
        )
    ((a, b),) = pairs
    left, right = sides[a], sides[b]
    if left.classes != right.classes:
        raise InputError(f"Received other classes for {a} than for {b}; expected the same.")
    if left.classes is None:
        raise InputError(f"Received --per-class; expected a column class in {str(path)!r}.")
    factor = metric_named(options["metric"]).factor
    return compare_classes(
        left.values * factor,
        right.values * factor,
        seeds_a=left.seeds,
        seeds_b=right.seeds,
        name_a=a,
        name_b=b,
        n_test=left.n_test if left.n_test == right.n_test else None,
        classes=left.classes,
        correction=wanted.correction,  # type: ignore[arg-type]
        **options,
    )
