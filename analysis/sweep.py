"""Which conditions differ in one number of their recipe: width, noise, buffer size, rate.

Recipes come as the JSON that records carry. Conditions lie on one line where everything but one
number is the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

import pandas as pd

from analysis.metrics.registry import metric_named
from analysis.metrics.values import known_values
from analysis.runs import RunLike, RunSet
from analysis.statistics.intervals import describe
from analysis.swept import base_of, is_number, settings_of, swept_name

FEWEST = 3
"""Numbers that make a line: two conditions are a comparison."""

NAMES = {
    "batch_size": "batch size",
    "input_noise.standard_deviation": "standard deviation of the noise on the inputs",
    "input_noise.variance": "variance of the noise on the inputs",
    "label_noise.rate": "label noise rate",
    "model.parameters.depth": "number of equal hidden layers",
    "model.parameters.widths": "units of the hidden layer that is varied",
    "optimiser.parameters.learning_rate": "learning rate",
    "order.fraction": "fraction of a class's places that are open to all classes",
    "replay.capacity": "examples that the replay buffer holds",
    "replay.fraction": "replayed fraction of a batch",
    "split.per_class": "training examples of each class",
}
NOTHING = {"input_noise", "label_noise", "replay"}
"""Parts that a recipe may do without: then their number is 0."""
FIGURES = ("n", "mean", "ci_low", "ci_high", "p25", "p50", "p75")
COLUMNS = ("line", "number", "condition", *FIGURES, "best")
MOST_REFERENCES = 3
"""Conditions off the lines that are drawn beside them."""


@dataclass(frozen=True)
class Sweep:
    """A number in which conditions differ, and nothing else.

    Attributes:
        name: What it is, in words.
        lines: For each line its label, and its conditions with their numbers in ascending order.
        references: Conditions that do without what is varied.
    """

    name: str
    lines: Mapping[str, Mapping[str, float]]
    references: tuple[str, ...] = ()


def found_sweeps(recipes: Mapping[str, Mapping[str, Any]]) -> list[Sweep]:
    """The sweeps that conditions are named by; else those of `sweeps`, of two numbers on."""
    return named_sweeps(list(recipes)) or sweeps(recipes, fewest=2)


def named_sweeps(conditions: Sequence[str]) -> list[Sweep]:
    """The sweeps that conditions are named by, as `--sweep` names them: one for each field.

    A line for each condition that is varied, and for each combination of the other fields.
    """
    settings = {name: settings_of(name) for name in conditions}
    off = tuple(name for name, each in settings.items() if not each)
    found = []
    for field in dict.fromkeys(field for each in settings.values() for field in each):
        lines: dict[str, dict[str, float]] = {}
        for name, each in settings.items():
            if is_number(each.get(field)):
                others = {key: value for key, value in each.items() if key != field}
                line = lines.setdefault(swept_name(base_of(name), others), {})
                line[name] = float(each[field])
        several = {
            label: dict(sorted(line.items(), key=lambda item: item[1]))
            for label, line in lines.items()
            if len(line) > 1
        }
        if several:
            name = field.rpartition(".")[2].replace("_", " ")
            found.append(Sweep(name, several, off if len(off) <= MOST_REFERENCES else ()))
    return found


def off_the_lines(conditions: Sequence[str]) -> list[str]:
    """The varied conditions that no line has: their value is no number (`none`, `10+10`)."""
    on = {
        name for each in named_sweeps(conditions) for line in each.lines.values() for name in line
    }
    return [name for name in conditions if settings_of(name) and name not in on]


def sweeps(recipes: Mapping[str, Mapping[str, Any]], fewest: int = FEWEST) -> list[Sweep]:
    """Find the numbers in which conditions differ, and nothing else.

    Args:
        recipes: Condition to its recipe as JSON.
        fewest: Numbers that make a line.

    Returns:
        One for each kind of number. Units of several layers are one kind, a line each.
    """
    flat = {name: dict(_leaves(recipe)) for name, recipe in recipes.items()}
    found: dict[str, dict[str, dict[str, float]]] = {}
    for path in dict.fromkeys(path for leaves in flat.values() for path in leaves):
        kind = ".".join(part for part in path.split(".") if not part.isdigit())
        for label, members in _lines(path, flat, fewest):
            found.setdefault(kind, {})[label] = members
    last = (kind.rpartition(".")[2].replace("_", " ") for kind in found)
    return [
        Sweep(NAMES.get(kind, name), lines)
        for (kind, lines), name in zip(found.items(), last, strict=True)
    ]


def _lines(
    path: str, flat: Mapping[str, dict[str, Any]], fewest: int
) -> Iterator[tuple[str, dict[str, float]]]:
    """Conditions that differ in the number at a path alone, with their numbers in order."""
    groups: dict[frozenset[tuple[str, Any]], dict[str, float]] = {}
    for name, leaves in flat.items():
        if is_number(leaves.get(path)):
            rest = frozenset((k, v) for k, v in leaves.items() if k != path)
            groups.setdefault(rest, {})[name] = float(leaves[path])
    for rest, members in groups.items():
        every = _without(path, rest, flat) | members
        if len(set(every.values())) >= fewest:
            yield _label(list(members)), dict(sorted(every.items(), key=lambda item: item[1]))


def sweep_table(runs: Sequence[RunLike], sweep: Sweep, metric: str) -> pd.DataFrame:
    """A metric at each number, over the finished runs.

    Args:
        runs: Records of one study and variant.
        sweep: As `sweeps` returns it.
        metric: A name as `metric_named` takes it.

    Returns:
        Columns line, number, condition, n, mean, ci_low, ci_high, p25, p50, p75, best (whether its
        mean is the best of its line); conditions without a value are left out.
    """
    runs = RunSet.of(runs)
    rows = []
    for line, members in sweep.lines.items():
        there: list[dict[str, Any]] = []
        for condition, number in members.items():
            figures = describe(known_values(runs, metric, condition).to_numpy())
            if figures["n"]:
                there.append({"line": line, "number": number, "condition": condition, **figures})
        best = _best([each["mean"] for each in there], metric)
        rows += [each | {"best": place == best} for place, each in enumerate(there)]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _best(means: Sequence[float], metric: str) -> int | None:
    """Where the best mean is; None where nobody knows which way is better."""
    better = metric_named(metric).higher_is_better
    if better is None or len(means) < 2:
        return None
    return means.index(max(means) if better else min(means))


def _leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """The plain values of nested JSON with their paths; what is None is as if it were not there."""
    items: Iterator[tuple[Any, Any]] | None = None
    if isinstance(value, Mapping):
        items = iter(value.items())
    elif isinstance(value, list | tuple):
        items = iter(enumerate(value))
    if items is None:
        if value is not None:
            yield path, value
        return
    for name, item in items:
        yield from _leaves(item, f"{path}.{name}" if path else str(name))


def _without(
    path: str, rest: frozenset[tuple[str, Any]], flat: Mapping[str, dict[str, Any]]
) -> dict[str, float]:
    """The condition that does without the number's part and has all the rest, at 0."""
    part = path.partition(".")[0]
    if part not in NOTHING or path not in NAMES:
        return {}
    wanted = {(name, value) for name, value in rest if name.partition(".")[0] != part}
    return {name: 0.0 for name, leaves in flat.items() if set(leaves.items()) == wanted}


def _label(names: list[str]) -> str:
    """What condition names have in common, word by word, with an ellipsis for what they do not."""
    words = [name.split("-") for name in names]
    first = _common(words)
    last = _common([each[len(first) :][::-1] for each in words])[::-1]
    return "-".join([*first, "...", *last])


def _common(rows: list[list[str]]) -> list[str]:
    """The words that all begin with."""
    same = takewhile(lambda column: len(set(column)) == 1, zip(*rows, strict=False))
    return [column[0] for column in same]
