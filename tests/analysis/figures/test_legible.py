"""Figures of many conditions: no text is cut off, none lies on another."""

from itertools import combinations
from types import SimpleNamespace

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text

from analysis.check import check_figures
from analysis.figures.class_dumbbells import class_dumbbell_figure
from analysis.figures.comparison import comparison_figure
from analysis.figures.confusion import confusion_figure
from analysis.figures.learning_curve import learning_curve_figure
from analysis.figures.overview import overview_figure
from analysis.figures.reported import reported_figure
from analysis.figures.segments import segment_figure
from analysis.figures.sweep import sweep_figure
from analysis.figures.tasks import matrix_figure, task_curve_figure
from analysis.statistics.families import compare_all
from analysis.sweep import named_sweeps
from tests.analysis.conftest import Evaluation, Run, by_task, confusion, segmented

WORDS = {"question": "Which of so many methods keeps what it has learned?", "dataset": "digits"}
NAMES = [f"{first}-rehearsal-{k}" for first in ("task", "domain", "class") for k in range(11)]
SWEPT = [f"{base}+rate={rate}" for base in NAMES[:12] for rate in (0.001, 0.01, 0.1)]
SEEDS = range(5)
NOISE = np.random.default_rng(0).normal(size=(len(NAMES), len(SEEDS))) / 1000
SCORES = {name: 0.9 + NOISE[k] for k, name in enumerate(NAMES)}


def trained(condition, seed):
    looks = [Evaluation("test", e, 1, e, confusion(*[0.9 - e / 100] * 10)) for e in (1, 2, 3)]
    return Run(condition, seed, evaluations=looks)


def twenty_tasks(condition):
    looks = [
        Evaluation(f"test-task-{task}", epoch, 1, epoch, confusion(0.5, 0.5))
        for task in range(1, 21)
        for epoch in range(21)
    ]
    return Run(condition, 0, evaluations=looks, recipe={"order": {"epochs_each": 1}})


def compared(pairs):
    seeds = dict.fromkeys(SCORES, SEEDS)
    return comparison_figure(compare_all(SCORES, pairs, paired=True, seeds=seeds))


def checked():
    rows = [
        SimpleNamespace(condition=name, metric="test accuracy", value=0.9, runs=1) for name in NAMES
    ]
    values = {(name, "test accuracy", None): each for name, each in SCORES.items()}
    return reported_figure(check_figures(rows, values), **WORDS)


RUNS = [trained(name, seed) for name in NAMES for seed in (0, 1)]
FIGURES = {
    "overview": lambda: overview_figure(RUNS, ["test accuracy", "test loss"], **WORDS),
    "classes": lambda: class_dumbbell_figure(RUNS, **WORDS),
    "confusions": lambda: confusion_figure(RUNS, **WORDS),
    "curves": lambda: learning_curve_figure(RUNS, **WORDS),
    "segments": lambda: segment_figure([segmented(name, 0) for name in NAMES], **WORDS),
    "sweep": lambda: sweep_figure(
        [trained(name, 0) for name in SWEPT], named_sweeps(SWEPT), "test accuracy", **WORDS
    ),
    "tasks": lambda: task_curve_figure([by_task(n, 0) for n in NAMES], **WORDS),
    "20 tasks": lambda: task_curve_figure([twenty_tasks(name) for name in NAMES[:4]], **WORDS),
    "matrix": lambda: matrix_figure([by_task(n, 0) for n in NAMES], **WORDS),
    "control": lambda: compared([(name, NAMES[0]) for name in NAMES[1:]]),
    "pairs": lambda: compared(list(combinations(NAMES, 2))),
    "check": checked,
}


def texts_of(figure: Figure) -> list[Text]:
    """What is read: titles, labels, names, numbers, the labels of ticks that are in view."""
    found = [figure._suptitle, figure._supxlabel]
    found += [text for legend in figure.legends for text in legend.get_texts()]
    for axis in figure.axes:
        found += [axis.title, axis.xaxis.label, axis.yaxis.label, *axis.texts]
        for each in (axis.xaxis, axis.yaxis):
            low, high = sorted(each.get_view_interval())
            for tick in each.get_major_ticks():
                found += [tick.label1, tick.label2] if low <= tick.get_loc() <= high else []
    return [text for text in found if text and text.get_visible() and text.get_text()]


@pytest.mark.parametrize("name", FIGURES)
def test_no_text_is_cut_off_or_lies_on_another(name):
    figure = FIGURES[name]()
    figure.canvas.draw()
    boxes = [(text.get_text(), Text.get_window_extent(text)) for text in texts_of(figure)]
    assert len(boxes) > len(NAMES[:4])
    whole = figure.bbox.padded(2)
    cut = [text for text, box in boxes if not (whole.x0 <= box.x0 and box.x1 <= whole.x1)]
    cut += [text for text, box in boxes if not (whole.y0 <= box.y0 and box.y1 <= whole.y1)]
    assert cut == []
    # Lines of text may stand as close as a line's own spacing.
    over = [
        (first, second)
        for (first, a), (second, b) in combinations(boxes, 2)
        if min(a.x1, b.x1) - max(a.x0, b.x0) > 1 and min(a.y1, b.y1) - max(a.y0, b.y0) > 3
    ]
    assert over == []
