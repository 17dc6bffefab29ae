"""The figures of a report: what each shows, as text too, and the numbers behind it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from analysis.confusions import confusion_table
from analysis.curves import curve_table
from analysis.drops import class_drops
from analysis.figures.class_dumbbells import class_end_table
from analysis.figures.overview import overview_figure
from analysis.figures.pairs import has_all_pairs
from analysis.figures.sweep import sweep_figure
from analysis.metrics.registry import metric_named
from analysis.rendering.formatting import counted
from analysis.rendering.table import COUNT, PERCENT, POINTS, Format, Table, formats_of
from analysis.segments import segment_table
from analysis.statistics.comparison_table import comparison_table
from analysis.statistics.families import Family, intervals_text
from analysis.statistics.result import Comparison, correction_name
from analysis.sweep import Sweep, sweep_table
from analysis.tasks import task_curve_table
from studies.results.figures import drawn_as, figure_of, figure_of_comparison
from studies.results.forgotten import forgotten_sentences
from studies.results.reading import Reading
from studies.results.tables import RESPONSE, shown_metrics, shown_table, table_of

LEAD = 5.4
"""Inches of the figure at the head of a page: a telephone is about as wide."""
MOST_SAID = 6
"""Conditions whose numbers the text beside a figure gives."""


@dataclass(frozen=True)
class PageFigure:
    """A figure with what a reader who does not see it needs.

    Attributes:
        name: Of its files.
        title: What it shows, in a few words.
        text: How to read it.
        alt: What it shows, with its main numbers.
        figure: To be drawn.
        numbers: All numbers behind it, accuracies as fractions.
        shown: Those that the page shows.
    """

    name: str
    title: str
    text: str
    alt: str
    figure: Figure
    numbers: pd.DataFrame
    shown: Table


def proportions(reading: Reading) -> PageFigure:
    """How often something is so."""
    text = "How often, over the seeds, with Wilson's 95 % interval."
    table = table_of(reading, "proportions")
    low, high = (table.loc[k()] for k in (table["proportion"].idxmin, table["proportion"].idxmax))
    extremes = (
        f" Least often in {low['condition']} ({100 * low['proportion']:.1f} %), most often in "
        f"{high['condition']} ({100 * high['proportion']:.1f} %)."
    )
    return _of_table(reading, "proportions", "Proportions", text, extremes)


def positions(reading: Reading) -> PageFigure:
    """What a class's place does to it."""
    text = "Recency: how many classes are shown after a class in every epoch."
    return _of_table(reading, "position", "Accuracy by recency", text)


def tasks(reading: Reading) -> PageFigure:
    """Each task over the epochs."""
    table = task_curve_table(reading.records)
    ends = table[table["epoch"] == table.groupby("condition")["epoch"].transform("max")]
    said = []
    for condition, rows in ends.groupby("condition", sort=False):
        medians = ", ".join(f"{100 * value:.1f}" for value in rows["p50"])
        said.append(f"{condition}: {medians} %")
    shown = ends[["condition", "task", "epoch", "n", "p25", "p50", "p75"]]
    return PageFigure(
        "tasks",
        "Each task over the epochs",
        "A line is the median accuracy on one task, its band the middle half of the seeds; a grey "
        "line is where a task ends. The table holds the last epoch, in percent.",
        f"Curves of the accuracy on each task. Medians at the end, task by task: {_some(said)}.",
        figure_of(reading, "tasks"),
        table,
        _in_percent(shown, POINTS),
    )


def task_matrix(reading: Reading) -> PageFigure:
    """R of each condition."""
    text = (
        "A row is the task trained last, a column the task that is tested: below the diagonal is "
        "what was learned before. The mean over the seeds in percent, with its standard deviation "
        "where there is room."
    )
    return _of_table(reading, "task-matrix", "Accuracy on each task after each task", text)


def gradients(reading: Reading) -> PageFigure:
    """The gradient, layer by layer."""
    text = "The norm of the gradient of the loss, layer by layer; layer 1 is next to the input."
    return _of_table(reading, "gradients", "Gradients by layer", text)


def misclassified(reading: Reading, data_dir: Path | None) -> PageFigure:
    """The test images that most runs take for another class."""
    table = table_of(reading, "misclassified")
    first = [
        f"{row['condition']}: test example {row['position']}, a {row['true']}, is taken for a "
        f"{row['predicted']} by {row['runs']} of {row['n']} runs"
        for row in table.groupby("condition", sort=False).head(1).to_dict("records")
    ]
    return _of_table(
        reading,
        "misclassified",
        "Misclassified examples",
        "The test images that most runs take for another class: above each its true class, the "
        "class it is most often taken for, and by how many runs.",
        f" Most often wrong: {_some(first)}.",
        data_dir,
    )


def _of_table(
    reading: Reading,
    kind: str,
    title: str,
    text: str,
    said: str = "",
    data_dir: Path | None = None,
) -> PageFigure:
    """The figure of a kind of table, with that table as its numbers; `said` ends what it shows."""
    table = table_of(reading, kind)
    shown = replace(shown_table(reading, kind), heads=1)
    alt = f"{title} of {counted(table['condition'].nunique(), 'condition')}. {text}{said}"
    figure = figure_of(reading, kind, data_dir)
    return PageFigure(kind, title, text, alt, figure, table, shown)


def differences(found: Comparison | Family, reading: Reading | None = None) -> PageFigure:
    """The planned comparisons: every pair, and the difference with its interval."""
    comparisons = [found] if isinstance(found, Comparison) else list(found.comparisons)
    kind = intervals_text(comparisons)
    alt = f"Differences with their {kind} intervals. " + _some(
        [_difference(c) for c in comparisons]
    )
    rows = [
        (f"{c.a} - {c.b}", c.n, c.difference.points, c.difference.ci_low, c.difference.ci_high)
        for c in comparisons
    ]
    columns = ["comparison", "n", f"difference ({comparisons[0].unit})", "from", "to"]
    numbers = pd.DataFrame(rows, columns=columns)
    numbers = numbers.assign(interval=kind, verdict=[c.verdict for c in comparisons])
    return PageFigure(
        "differences",
        f"Paired differences of {comparisons[0].metric}"
        if comparisons[0].paired
        else f"Differences of {comparisons[0].metric}",
        _differences_read(found, kind),
        f"{alt}.",
        figure_of_comparison(found, reading),
        numbers,
        _written(comparisons),
    )


def _differences_read(found: Comparison | Family, kind: str) -> str:
    """How a figure of comparisons is read."""
    if isinstance(found, Family) and has_all_pairs(found):
        return (
            f"A cell is a mean difference, row minus column, with half its {kind} interval where "
            "there is room. One without a colour leaves the direction open."
        )
    bar = (
        f"bar is the {kind} interval of the mean difference. An interval that crosses the dashed "
        "line leaves the direction open."
    )
    if isinstance(found, Comparison):
        joined = ", joined by seed" if found.paired else ""
        right = "the scale at the right begins at the left one's mean"
        return f"Points are the runs{joined}; {right}; the {bar}"
    bar += f" Filled: different after {correction_name(found.comparisons[0])}."
    paired = found.comparisons[0].paired
    return f"Faint points are the differences of the pairs; the {bar}" if paired else f"The {bar}"


def _written(comparisons: Sequence[Comparison]) -> Table:
    """The differences as `ebb compare` writes them."""
    table = comparison_table(Family(tuple(comparisons)))
    return Table("", table.frame.drop(columns=["p", "p_adjusted", "exact p", "smallest p"]))


def _difference(c: Comparison) -> str:
    d = c.difference
    if d.points is None:
        return f"{c.a} minus {c.b}: no difference"
    ends = "" if d.ci_low is None else f" ({d.ci_low:+.2f} to {d.ci_high:+.2f})"
    return f"{c.a} minus {c.b}: {d.points:+.2f} {c.unit}{ends}"


def drops(reading: Reading) -> PageFigure:
    """What each class loses: the answer of a study about classes."""
    numbers = [
        (condition, name, float(value))
        for condition, each in class_drops(reading.records).items()
        for values in each.values
        for name, value in zip(each.names, values, strict=True)
    ]
    said = " ".join(forgotten_sentences(reading))
    return PageFigure(
        "drops",
        "What each class loses",
        "The drop of a class, from just after its training segment to the end, in the order of "
        "training: the mean over the seeds with its 95 % interval, few seeds as faint points.",
        f"Drops of the classes in each condition. {said}",
        figure_of(reading, "forgetting", width=LEAD),
        pd.DataFrame(numbers, columns=["condition", "class", "drop"]),
        replace(shown_table(reading, "forgetting"), notes=()),
    )


def segments(reading: Reading) -> PageFigure:
    """What is known of each class over the segments of the last epoch."""
    table = segment_table(reading.records)
    last = table[table["epoch"] == table.groupby("condition")["epoch"].transform("max")]
    ends = last[last["segment"] == last.groupby("condition")["segment"].transform("max")]
    alt = (
        "Heat maps of the accuracy of each class after each segment. At the end of the last epoch "
    )
    wide = last.pivot_table(
        index=["condition", "class"], columns="segment", values="mean", sort=False
    )
    wide.columns = [f"after segment {segment}" for segment in wide.columns]
    return PageFigure(
        "segments",
        "Each class, segment by segment",
        "A row is a class, time runs to the right; the red frame is the moment just after the "
        "class's own segment. Where a row darkens to the right of it, the class is forgotten. Last "
        "epoch, mean over the seeds in percent.",
        f"{alt}{_some(_extremes(ends))}.",
        figure_of(reading, "segments"),
        table,
        _in_percent(wide.reset_index(), PERCENT),
    )


def segment_spread(reading: Reading) -> PageFigure:
    """The first epoch beside the last, and the spread over the seeds."""
    text = (
        "The mean in the first epoch and in the last, and the standard deviation over the seeds in "
        "the last."
    )
    return _of_table(reading, "segment-spread", "First epoch, last epoch, and the spread", text)


def curves(reading: Reading, name: str) -> PageFigure:
    """The learning curves on a set of that name."""
    table = curve_table(reading.records, name)
    last = table.groupby("condition", sort=False).tail(1).to_dict("records")
    said = [
        f"{row['condition']} at epoch {row['epoch']}: mean {100 * row['mean']:.1f} %"
        for row in last
    ]
    shown = table[["condition", "epoch", "n", "mean", "ci_low", "ci_high"]]
    return PageFigure(
        "learning-curves",
        "Learning curves",
        f"Accuracy on the {name} set after each epoch: the mean over the seeds, up to the last "
        "epoch that half of them reached; thin lines are seeds, bands and bars 95 % intervals. "
        "Where training labels are wrong: how many of those examples are answered as their label "
        "says.",
        f"Learning curves of the {name} accuracy. {_some(said)}.",
        figure_of(reading, "learning-curves", of=name),
        table,
        _in_percent(shown, POINTS),
    )


def dumbbells(reading: Reading, name: str) -> PageFigure:
    """The final accuracy of each class on a set of that name."""
    numbers = class_end_table(reading.records, name)
    shown = shown_table(reading, "per-class", name)
    return PageFigure(
        "classes",
        "Each class at the end",
        f"Final accuracy on the {name} set. Few conditions: their means, joined, with 95 % "
        "intervals, few seeds each as a faint point; more: a row of cells for each, the means "
        "alone.",
        f"Final {name} accuracy of each class. Means: {_some(_extremes(shown.frame))}.",
        figure_of(reading, "per-class", of=name),
        numbers,
        shown,
    )


def confusions(reading: Reading, name: str) -> PageFigure:
    """The confusion matrices on a set of that name."""
    table = confusion_table(reading.records, name)
    wrong = table[table["true"] != table["predicted"]]
    said = []
    for condition, rows in wrong.groupby("condition", sort=False):
        most = rows.loc[rows["proportion"].idxmax()]
        said.append(
            f"{condition}: {100 * most['proportion']:.1f} % of class {most['true']} are taken for "
            f"class {most['predicted']}"
        )
    wide = table.pivot_table(
        index=["condition", "true"],
        columns="predicted",
        values="proportion",
        sort=False,
        dropna=False,
    )
    wide.columns = [f"as {predicted}" for predicted in wide.columns]
    return PageFigure(
        "confusions",
        "What is taken for what",
        "Rows are true classes, columns what they are taken for, in percent of the true class over "
        "all finished runs, without zeros. Colours go by the square root, so that small errors are "
        "seen.",
        f"Confusion matrices. Most frequent confusion, {_some(said)}.",
        figure_of(reading, "confusions", of=name),
        table,
        _in_percent(wide.reset_index().rename(columns={"true": "class"}), PERCENT),
    )


def primary(reading: Reading) -> PageFigure:
    """The metric that decides, in each condition: small enough to stand beside the verdict."""
    metric = shown_metrics(reading)[0]
    every = overview(reading, [metric], width=LEAD)
    return replace(every, name="primary", title=f"{metric.capitalize()} of each condition")


def overview(
    reading: Reading, metrics: Sequence[str] | None = None, width: float | None = None
) -> PageFigure:
    """The conditions beside each other."""
    table = table_of(reading, "overview")
    metric = shown_metrics(reading)[0]
    rows = table.dropna(subset=["mean"]).to_dict("records")
    said = [f"{row['condition']} {_level(row['mean'], metric)}" for row in rows]
    return PageFigure(
        "overview",
        "All conditions beside each other",
        "Faint points are seeds; the mean over them with its 95 % interval.",
        f"Strips of {metric} for each condition. Means: {_some(said)}.",
        figure_of(reading, "overview", width=width)
        if metrics is None
        else overview_figure(reading.records, metrics, **drawn_as(reading, width)),
        table,
        shown_table(reading, "overview"),
    )


def sweeps(reading: Reading, found: list[Sweep]) -> PageFigure:
    """The study's metric against the numbers in which conditions differ."""
    metric = shown_metrics(reading)[0]
    tables = [sweep_table(reading.records, sweep, metric) for sweep in found]
    named = zip(found, tables, strict=True)
    table = pd.concat([t.assign(quantity=sweep.name) for sweep, t in named], ignore_index=True)
    said = []
    for (name, line), rows in table.groupby(["quantity", "line"], sort=False):
        each = zip(rows["number"], rows["mean"], strict=True)
        points = ", ".join(f"{_level(mean, metric)} at {number:g}" for number, mean in each)
        said.append(f"{line} by {name}: {points}".removeprefix(" "))
    shown = table[["condition", "quantity", "number", *RESPONSE]]
    shown = shown.assign(number=[f"{number:g}" for number in shown["number"]])
    return PageFigure(
        "sweep",
        f"{metric.capitalize()} against {' and '.join(sweep.name for sweep in found)}",
        "Conditions that differ in nothing but this number. Points are seeds; the line joins the "
        "means, the bars are their 95 % intervals, a ring marks the best mean of a line.",
        f"Means of {metric}. {_some(said)}.",
        sweep_figure(reading.records, found, metric, **drawn_as(reading)),
        table,
        Table("", shown, formats=formats_of(shown, Format(metric=metric))),
    )


def _in_percent(frame: pd.DataFrame, percent: Format) -> Table:
    """Fractions of a condition's classes or epochs."""
    return Table("", frame, formats=formats_of(frame, percent, epoch=COUNT), heads=2)


def _level(value: float, metric: str) -> str:
    return f"{100 * value:.2f} %" if metric_named(metric).is_fraction else f"{value:.2f}"


def _extremes(table: pd.DataFrame) -> list[str]:
    """The lowest and the highest mean of each condition's classes."""
    said = []
    for condition, rows in table.dropna(subset=["mean"]).groupby("condition", sort=False):
        low, high = rows.loc[rows["mean"].idxmin()], rows.loc[rows["mean"].idxmax()]
        said.append(
            f"{condition}: from {100 * low['mean']:.1f} % (class {low['class']}) to "
            f"{100 * high['mean']:.1f} % (class {high['class']})"
        )
    return said


def _some(said: Sequence[str]) -> str:
    """The first of them, and how many there are more."""
    rest = len(said) - MOST_SAID
    return "; ".join([*said[:MOST_SAID], *([f"{rest} more in the table"] if rest > 0 else [])])
