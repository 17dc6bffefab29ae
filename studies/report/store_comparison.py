"""`ebb report --compare`: did a change of version move a study's numbers?"""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pandas as pd

from analysis.metrics.registry import metric_named
from analysis.rendering.formatting import counted, format_level, format_numbers
from analysis.rendering.table import Table
from analysis.rendering.text import say
from analysis.statistics.comparison_table import comparison_table
from analysis.statistics.families import Family, family_notes, family_text
from analysis.statistics.family_correction import adjust_family
from analysis.statistics.result import sentence
from core import Record, Store
from data import InputError
from studies.report.page import tables_page
from studies.report.publishing import file_name, refuse_absent, refuse_foreign, write_page
from studies.results.comparing import compare_series, values_in
from studies.results.reading import Reading, read
from studies.results.tables import input_errors, shown_metrics
from studies.results.units import chance_of, examples_behind

ALSO = ("test accuracy", "test loss", "mean drop")
"""Metrics that are compared beside those that the study shows."""
IDENTICAL = "Runs with the same status and results, to the byte"
Runs = Mapping[tuple[str, int], Record]


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
        InputError: A store has no such records, the two have no condition in common, or the page
            cannot be written.
    """
    refuse_absent(out)
    first, second = (read(store, name, variant) for store in (a, b))
    if first.variant != second.variant:
        raise InputError(
            f"Received variants {first.variant} and {second.variant}; expected one that both "
            "stores have: name it by --variant."
        )
    target = out or Path()
    if target.is_dir():
        target /= file_name(first.study, first.variant).replace(".html", "-compared.html")
    refuse_foreign(target)
    sentences, sections = compare_stores(first, second)
    stores = f"A: {a.folder}, B: {b.folder}. Differences are B minus A."
    title = f"Did the numbers of {first.study} ({first.variant}) move?"
    page = tables_page(title, stores, sentences, sections)
    say("\n".join(sentences))
    write_page(target, page)


def compare_stores(a: Reading, b: Reading) -> tuple[list[str], list[tuple[str, list[Table]]]]:
    """Compare two readings of one study.

    Returns:
        The result in sentences, and the tables behind it under their headings.

    Raises:
        InputError: They have no condition in common.
    """
    left, right = ({(r.condition, r.seed): r for r in each.records} for each in (a, b))
    common = [name for name in a.conditions if name in b.conditions]
    if not common:
        raise InputError(
            f"Received two stores of {a.study} without a condition in common; expected one that "
            "both have run."
        )
    runs = _runs(left, right)
    both, same = (int(runs[column].sum()) for column in ("in both", "identical"))
    sentences = [_identity(same, both, len(left) + len(right) - 2 * both)]
    recipes = [
        {name: record.recipe for (name, _), record in each.items()} for each in (left, right)
    ]
    if changed := [name for name in common if recipes[0][name] != recipes[1][name]]:
        sentences.append(
            f"The two did not run the same: the recipes of {', '.join(changed)} differ."
        )
    sections = [("Run by run", [Table(IDENTICAL, runs)])]
    if not both or same < both:
        also = () if "scores" in a.records[0].recipe else ALSO
        metrics = dict.fromkeys((*shown_metrics(a), *shown_metrics(b), *also))
        families = [each for metric in metrics if (each := _family(a, b, metric, common))]
        sentences += [said for family in families for said in _sentences(family)]
        if families:
            sections.insert(0, ("What moved", [_table(family) for family in families]))
    differing = _surroundings(a, b)
    if differing.empty:
        sentences.append("Both were recorded in the same environment with the same data.")
    else:
        sentences.append(f"Different between them: {', '.join(differing['what'])}.")
        table = Table("What is not the same in both", differing)
        sections.append(("What differs in the environment", [table]))
    for label, reading in (("A", a), ("B", b)):
        sentences += [f"{label}: {note}." for note in reading.notes]
    return sentences, sections


def _runs(left: Runs, right: Runs) -> pd.DataFrame:
    """How many runs of each condition are identical; those of one store alone."""
    rows = []
    for name in dict.fromkeys(condition for condition, _ in (*left, *right)):
        a, b = ({seed for condition, seed in runs if condition == name} for runs in (left, right))
        differ = [s for s in sorted(a & b) if left[name, s].digest() != right[name, s].digest()]
        rows.append(
            {
                "condition": name,
                "in both": len(a & b),
                "identical": len(a & b) - len(differ),
                "seeds that differ": format_numbers(differ),
                "only in A": len(a - b),
                "only in B": len(b - a),
            }
        )
    return pd.DataFrame(rows)


def _identity(same: int, both: int, alone: int) -> str:
    if not both:
        said = "No run is in both stores, so none can be identical."
    elif same == both:
        said = f"Nothing moved: {counted(both, 'run')} in both stores, each of them identical."
    else:
        said = f"Of {counted(both, 'run')} in both stores: {same} identical, {both - same} not."
    return said + (f" In one store alone: {counted(alone, 'run')}." if alone else "")


def _family(a: Reading, b: Reading, metric: str, conditions: list[str]) -> Family | None:
    """B against A in each condition that has the metric on both sides, one family."""
    sizes = {examples_behind(a, metric), examples_behind(b, metric)}
    found = []
    for condition in conditions:
        try:
            before, after = (values_in(each, metric, condition) for each in (a, b))
        except ValueError:  # no run of this condition has it
            continue
        if before.empty or after.empty:
            continue
        with input_errors():
            c = compare_series(
                after,
                before,
                paired=bool(len(before.index.intersection(after.index))),
                n_test=next(iter(sizes)) if len(sizes) == 1 else None,
                unit=metric_named(metric).unit,
                chance=chance_of(a, metric),
                metric=metric,
                name_a=f"{condition} in B",
                name_b=f"{condition} in A",
            )
        # That they are one recipe is what is asked here.
        found.append(replace(c, notes=tuple(n for n in c.notes if n.kind != "identical")))
    return Family(adjust_family(found)) if found else None


def _sentences(family: Family) -> list[str]:
    """What a metric did in each condition; those in which it stayed the same in one sentence."""
    said, same = [], []
    for c in family.comparisons:
        if c.paired and c.values_a and c.values_a == c.values_b:
            same.append(c.a.removesuffix(" in B"))
        else:
            said.append(sentence(c))
    if same:
        said.append(f"The same {family.comparisons[0].metric} at every seed in {', '.join(same)}.")
    return said


def _table(family: Family) -> Table:
    notes = tuple(f"Note: {note}" for note in family_notes(family))
    table = comparison_table(family, family_text(family), notes)
    table.frame.insert(2, "mean in B", [format_level(c.mean_a, c.unit) for c in family.comparisons])
    table.frame.insert(3, "mean in A", [format_level(c.mean_b, c.unit) for c in family.comparisons])
    return table


def _surroundings(a: Reading, b: Reading) -> pd.DataFrame:
    """What is not the same in both: versions, processor, data."""
    sides = {}
    for label, each in (("A", a), ("B", b)):
        data = {f"data of {r.recipe['dataset']}": r.data or "none" for r in each.records}
        sides[label] = {**each.records[0].environment, **data}
    names = dict.fromkeys((*sides["A"], *sides["B"]))
    frame = pd.DataFrame(sides, index=list(names), dtype=object).fillna("-")
    return frame[frame["A"] != frame["B"]].rename_axis("what").reset_index()
