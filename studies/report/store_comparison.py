"""`ebb report --compare`: did a change of version move a study's numbers?"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from analysis.metrics.values import values_of
from analysis.rendering.formatting import counted, format_numbers
from analysis.rendering.tables import say
from analysis.rendering.units import factor_of, unit_of
from analysis.statistics.comparison import compare
from analysis.statistics.families import adjust_family
from analysis.statistics.result import Comparison
from core import Record, Store
from data import InputError
from studies.report.content import printable_reading
from studies.report.page import tables_page
from studies.report.publishing import file_name, refuse_absent, refuse_foreign, write_page
from studies.report.text import Table
from studies.results.reading import Reading, read
from studies.results.tables import input_errors, shown_metrics
from studies.results.units import chance_of, examples_behind

ALSO = ("test accuracy", "test loss", "mean drop")
"""Metrics that are compared beside those that the study shows."""
Runs = Mapping[tuple[str, int], Record]


@dataclass(frozen=True)
class StoreComparison:
    """What two stores say of one study.

    Attributes:
        both: How many runs (condition and seed) are in both.
        identical: How many of these have the same status and results, to the byte.
        sentences: The result as text.
        differences: Per metric and condition, B minus A.
        same: Per condition, how many runs are in both and identical.
        environments: What differs in versions, processor and data.
    """

    both: int
    identical: int
    sentences: tuple[str, ...]
    differences: Table | None
    same: Table
    environments: Table | None


def write_store_comparison(
    a: Store, b: Store, name: str, variant: str | None = None, out: Path | None = None
) -> None:
    """Write the page that compares two stores' records of a study.

    The result as text goes to standard output as well.

    Args:
        a: The store that is compared with.
        b: The other; differences are B minus A.
        name: The study's name or file.
        variant: See `studies.results.reading.choose_variant`; the same in both.
        out: The page, or a folder that is there; `STUDY-compared.html` if None.

    Raises:
        InputError: A store has no such records, or the page cannot be written.
    """
    refuse_absent(out, "--out")
    first, second = (printable_reading(read(store, name, variant)) for store in (a, b))
    if first.variant != second.variant:
        raise InputError(
            f"Received variants {first.variant} and {second.variant}; expected one that both "
            "stores have: name it by --variant."
        )
    target = out or Path()
    if target.is_dir():
        target /= file_name(first.study, first.variant).replace(".html", "-compared.html")
    refuse_foreign(target)
    found = compare_stores(first, second)
    stores = f"A: {a.folder}, B: {b.folder}. Differences are B minus A."
    sections = [("Run by run", [found.same])]
    if found.differences is not None:
        sections.insert(0, ("What moved", [found.differences]))
    if found.environments is not None:
        sections.append(("What differs in the environment", [found.environments]))
    title = f"Did the numbers of {first.study} ({first.variant}) move?"
    page = tables_page(title, stores, found.sentences, sections)
    say("\n".join(found.sentences))
    write_page(target, page)


def compare_stores(a: Reading, b: Reading) -> StoreComparison:
    """Compare two readings of one study.

    Raises:
        InputError: They have no condition in common.
    """
    common = [name for name in a.conditions if name in b.conditions]
    if not common:
        raise InputError(
            f"Received two stores of {a.study} without a condition in common; expected one that "
            "both have run."
        )
    left, right = _by_run(a), _by_run(b)
    both = [run for run in left if run in right]
    same = {run for run in both if left[run].digest() == right[run].digest()}
    sentences = [_identity(len(same), len(both), len(left) + len(right) - 2 * len(both))]
    changed = [name for name in common if _recipe(left, name) != _recipe(right, name)]
    if changed:
        sentences.append(
            f"The two did not run the same: the recipes of {', '.join(changed)} differ."
        )
    identical = bool(both) and len(same) == len(both)
    compared = {} if identical else _compared_metrics(a, b, common)
    sentences += [_sentence(metric, each) for metric, each in compared.items()]
    environments = _environments(a, b)
    sentences.append(_versions(environments))
    for label, reading in (("A", a), ("B", b)):
        sentences += [f"{label}: {note}." for note in reading.notes]
    return StoreComparison(
        both=len(both),
        identical=len(same),
        sentences=tuple(sentences),
        differences=_differences(compared),
        same=_run_by_run(left, right, same, common),
        environments=environments,
    )


def _by_run(reading: Reading) -> Runs:
    return {(record.condition, record.seed): record for record in reading.records}


def _recipe(runs: Runs, condition: str) -> object:
    return next(record.recipe for (name, _), record in runs.items() if name == condition)


def _identity(same: int, both: int, alone: int) -> str:
    rest = f" {alone} runs are in one store alone." if alone else ""
    if not both:
        return "No run is in both stores, so none can be identical." + rest
    if same == both:
        return f"Nothing moved: all {both} runs that both stores hold are identical." + rest
    return (
        f"{same} of the {both} runs that both stores hold are identical, {both - same} are not."
        + rest
    )


def _metrics(a: Reading, b: Reading) -> list[str]:
    names = dict.fromkeys((*shown_metrics(a), *shown_metrics(b)))
    scored = "scores" in a.records[0].recipe
    return list(dict.fromkeys((*names, *(() if scored else ALSO))))


def _compared_metrics(
    a: Reading, b: Reading, conditions: list[str]
) -> dict[str, dict[str, Comparison]]:
    """B against A by metric and condition; metrics that some condition has on both sides."""
    compared = {metric: _compared(a, b, metric, conditions) for metric in _metrics(a, b)}
    return {metric: each for metric, each in compared.items() if each}


def _compared(a: Reading, b: Reading, metric: str, conditions: list[str]) -> dict[str, Comparison]:
    """B against A in each condition that has the metric on both sides, one family."""
    found = {}
    sizes = {examples_behind(a, metric), examples_behind(b, metric)}
    for condition in conditions:
        try:
            before, after = (
                values_of(each.records, metric, condition, diverged=True) * factor_of(metric)
                for each in (a, b)
            )
        except ValueError:  # no run of this condition has it
            continue
        if not (len(before) and len(after)):
            continue
        with input_errors():
            found[condition] = compare(
                after.to_numpy(),
                before.to_numpy(),
                paired=bool(len(before.index.intersection(after.index))),
                seeds_a=after.index.tolist(),
                seeds_b=before.index.tolist(),
                n_test=sizes.copy().pop() if len(sizes) == 1 else None,
                unit=unit_of(metric),
                chance=chance_of(a, metric),
                metric=metric,
                name_a="B",
                name_b="A",
            )
    if not found:
        return {}
    return dict(zip(found, adjust_family(list(found.values()), "holm"), strict=True))


def _sentence(metric: str, compared: Mapping[str, Comparison]) -> str:
    """What a metric did, over the conditions; first where there was nothing to test, and why."""
    lost = [name for name, c in compared.items() if c.difference.points is None]
    steady = [name for name, c in compared.items() if _moved_without_variation(c)]
    rest = {name: c for name, c in compared.items() if name not in (*lost, *steady)}
    said = []
    if lost:
        said.append(
            f"{metric} could not be compared in {', '.join(lost)}: no runs that finished in both "
            "stores."
        )
    if steady:
        moves = ", ".join(f"{name} ({_move(compared[name])})" for name in steady)
        said.append(
            f"{metric} moved by the same amount at every seed in {moves}: no variation, so no test."
        )
    if rest:
        said.append(_tested(metric, rest, "other " * (len(rest) < len(compared))))
    return " ".join(said)


def _moved_without_variation(c: Comparison) -> bool:
    """Whether the mean moved and nothing varies: two runs or more that have no interval."""
    return bool(c.difference.points) and c.difference.ci_low is None and c.n >= 2


def _tested(metric: str, compared: Mapping[str, Comparison], other: str) -> str:
    """The same for conditions with a known difference; `other` if they are not all there are."""
    shifted = [name for name, c in compared.items() if c.verdict.startswith("different")]
    most = max(compared, key=lambda name: abs(compared[name].difference.points or 0.0))
    if not compared[most].difference.points:
        return f"{metric}: the same mean in every {other}condition."
    n = len(compared)
    largest = f"largest difference {_move(compared[most])} ({most})"
    if not shifted:
        where = f"any of {n} {other}conditions" if n > 1 else most
        return (
            f"{metric}: no move shown in {where} (Holm); {largest}. That does not show that there "
            "is none: see the intervals."
        )
    where = f"{len(shifted)} of {counted(n, f'{other}condition')}"
    return f"{metric} moved in {where} (Holm): {largest}."


def _move(c: Comparison) -> str:
    return f"{c.difference.points:+.4g} {c.unit}"


def _row(metric: str, condition: str, c: Comparison) -> tuple[str, ...]:
    d = c.difference
    verdict = "identical" if not d.points and _equal(c) else str(c.verdict)
    return (
        metric,
        condition,
        f"{c.n} pairs" if c.paired else f"{c.n_a} + {c.n_b}",
        _number(c.mean_a, c.unit),
        _number(c.mean_b, c.unit),
        *(_signed(each) for each in (d.points, d.ci_low, d.ci_high)),
        c.unit,
        "-" if c.p_adjusted is None else f"{c.p_adjusted:.4f}",
        verdict,
    )


def _equal(c: Comparison) -> bool:
    return c.paired and bool(c.values_a) and list(c.values_a) == list(c.values_b)


def _number(value: float | None, unit: str) -> str:
    if value is None or math.isnan(value):
        return "-"
    return f"{100 * value:.2f}" if unit == "points" else f"{value:.4g}"


def _signed(value: float | None) -> str:
    return "-" if value is None else f"{value:+.4g}"


def _differences(compared: Mapping[str, Mapping[str, Comparison]]) -> Table | None:
    rows = [
        _row(metric, condition, c)
        for metric, each in compared.items()
        for condition, c in each.items()
    ]
    if not rows:
        return None
    headings = (
        *("metric", "condition", "runs", "mean of B", "mean of A", "B minus A"),
        *("95 % from", "to", "unit", "p adjusted", "verdict"),
    )
    notes = (
        "Paired by seed where both stores have it. Intervals are unadjusted 95 %; p and verdict "
        "are after Holm over the conditions of a metric. Accuracies in percent.",
    )
    words = tuple(name in ("metric", "condition", "unit", "verdict") for name in headings)
    return Table(
        "Means of both stores, and their difference", headings, tuple(rows), 2, words, notes
    )


def _run_by_run(left: Runs, right: Runs, same: set[tuple[str, int]], common: list[str]) -> Table:
    """How many runs of each condition are identical; those of one store alone."""
    names = dict.fromkeys([*common, *(name for name, _ in left), *(name for name, _ in right)])
    rows = []
    for name in names:
        a, b = ({key for key in runs if key[0] == name} for runs in (left, right))
        kept = len([key for key in same if key[0] == name])
        other = format_numbers(sorted(seed for _, seed in (a & b) - same))
        rows.append((name, str(len(a & b)), str(kept), other, str(len(a - b)), str(len(b - a))))
    headings = ("condition", "in both", "identical", "seeds that differ", "only in A", "only in B")
    words = (True, False, False, True, False, False)
    return Table(
        "Runs with the same status and results, to the byte", headings, tuple(rows), 1, words
    )


def _environments(a: Reading, b: Reading) -> Table | None:
    """What is not the same in both: versions, processor, data."""
    left, right = (_surroundings(reading) for reading in (a, b))
    rows = tuple(
        (name, left.get(name, "-"), right.get(name, "-"))
        for name in dict.fromkeys((*left, *right))
        if left.get(name) != right.get(name)
    )
    if not rows:
        return None
    return Table("What is not the same in both", ("what", "A", "B"), rows, 1, (True,) * 3)


def _surroundings(reading: Reading) -> dict[str, str]:
    first = reading.records[0]
    data = {f"data of {r.recipe['dataset']}": r.data or "none" for r in reading.records}
    return {**first.environment, **data}


def _versions(environments: Table | None) -> str:
    if environments is None:
        return "Both were recorded in the same environment with the same data."
    return f"Different between them: {', '.join(row[0] for row in environments.rows)}."
