"""Comparisons of anybody's scores, from a file."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.metrics.registry import metric_named
from analysis.rendering.formatting import counted
from analysis.score_layouts import OPTIONAL, REQUIRED
from analysis.scores import ConditionScores, condition_scores, read_scores
from analysis.statistics.families import Family, compare_classes
from analysis.statistics.result import Comparison
from data import InputError
from studies.results.compared import Compared
from studies.results.comparing import Pairs, Wanted, compare_pairs, rank_notes
from studies.results.tables import input_errors

SUFFIXES = (".csv", ".tsv", ".txt", ".json")
MOST_NAMES = 10
"""Conditions that a message lists."""


def is_file_of_scores(name: str) -> bool:
    """Whether an argument names a file of scores and not a study or a study's file."""
    suffix = Path(name).suffix.lower()
    return suffix in SUFFIXES or (suffix not in ("", ".py") and Path(name).is_file())


def named_columns(text: str | None) -> dict[str, str]:
    """What the columns of a file are called: `condition=method,value=accuracy`.

    Raises:
        InputError: It is not of this form.
    """
    pairs = [each.partition("=")[::2] for each in (text or "").split(",") if each]
    found = {meant.strip(): actual.strip() for meant, actual in pairs}
    if not set(found) <= {*REQUIRED, *OPTIONAL} or not all(found.values()):
        raise InputError(
            f"Received --columns {text!r}; expected names for some of "
            f"{', '.join((*REQUIRED, *OPTIONAL))}: condition=method,value=accuracy."
        )
    return found


def compare_scores(path: Path, paired: bool, wanted: Wanted) -> Compared:
    """Compare conditions of a file with the columns condition, seed, value.

    Raises:
        InputError: The file is not as described, or a condition is not in it.
    """
    metric = metric_named(wanted.metric or "accuracy")
    if metric.is_fraction and wanted.chance is not None and not 0 <= wanted.chance <= 1:
        raise InputError(f"Received --chance {wanted.chance:g}; expected a fraction from 0 to 1.")
    with input_errors():
        scores = scores_of(path, metric.unit, wanted.columns)
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
            "chance": None if wanted.chance is None else wanted.chance * metric.factor,
            "metric": wanted.metric or "accuracy",
            "n_test": _test_examples(sides),
            "rounding": max(side.rounding for side in sides.values()) * metric.factor,
        }
        if any(side.classes is not None for side in sides.values()) or wanted.per_class:
            found: Comparison | Family = _classes(path, sides, pairs, wanted, options)
        else:
            values = {name: side.values * metric.factor for name, side in sides.items()}
            seeds = {name: side.seeds for name, side in sides.items()}
            found = compare_pairs(values, seeds, pairs, wanted, options)
    left_out = len(names) - len(sides)
    others = (
        f"{counted(left_out, 'other condition')} of the file {'is' if left_out == 1 else 'are'}"
    )
    notes = [*rank_notes(found, options["metric"], wanted)]
    if left_out:
        alone = "p is of these alone (--all-pairs and --control NAME take all)"
        notes.append(f"{others} not compared; {alone}")
    if not paired and len({frozenset(side.seeds) for side in sides.values()}) == 1:
        notes.append(
            "the seeds are the same on both sides: if runs of a seed share their split or start, "
            "they are pairs, and are compared without --unpaired"
        )
    return Compared(found, tuple(notes))


def scores_of(path: Path, unit: str, columns: Mapping[str, str]) -> pd.DataFrame:
    """The scores in a file.

    Raises:
        InputError: There is no such file.
        ValueError: It is not as described.
    """
    if not path.exists():
        raise InputError(f"Received {str(path)!r}; expected a file that is there: there is none.")
    return read_scores(path, unit=unit, columns=columns)


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


def _test_examples(sides: Mapping[str, ConditionScores]) -> int | tuple[int, ...] | None:
    """The number of test examples, of each class where there are classes.

    Raises:
        InputError: Conditions have different ones.
    """
    sizes = {name: side.n_test for name, side in sides.items()}
    if len(set(sizes.values())) > 1:
        said = ", ".join(f"{size} of {name}" for name, size in sizes.items())
        raise InputError(
            f"Received the n_test {said}; expected the same test set for all that are compared."
        )
    return next(iter(sizes.values()))


def _classes(
    path: Path,
    sides: Mapping[str, ConditionScores],
    pairs: Pairs,
    wanted: Wanted,
    options: dict[str, Any],
) -> Family:
    """The classes of one pair of conditions as a family."""
    if wanted.looks or wanted.best:
        raise InputError(
            f"Received --looks or --best for {str(path)!r}, which has a column class; expected "
            "them where a run has one value: leave the column out."
        )
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
        classes=left.classes,
        correction=wanted.correction,  # type: ignore[arg-type]
        **options,
    )
