import numpy as np
import pytest
from matplotlib.colors import Normalize, to_rgb
from matplotlib.figure import Figure

from analysis.confusions import confusion_table
from analysis.figures.confusion import confusion_figure
from analysis.figures.panels import heat_map
from tests.analysis.conftest import Evaluation, Run

WORDS = {"question": "What is taken for what?", "dataset": "digits"}


def ended(condition, seed, counts):
    return Run(condition, seed, evaluations=[Evaluation("test", 1, 1, 1, np.array(counts))])


RUNS = [ended("a", 0, [[9, 1], [0, 10]]), ended("a", 1, [[7, 3], [2, 8]])]


def test_proportions_are_of_a_class_s_examples_in_all_runs_together():
    table = confusion_table(RUNS)
    assert table["n"].tolist() == [2] * 4
    assert table["proportion"].tolist() == pytest.approx([0.8, 0.2, 0.1, 0.9])


def test_panels_hold_true_classes_in_rows_from_the_top_in_percent():
    panel = confusion_figure(RUNS, **WORDS).axes[0]
    np.testing.assert_allclose(panel.collections[0].get_array(), [[80, 20], [10, 90]])
    assert panel.yaxis_inverted()
    assert [text.get_text() for text in panel.texts] == ["80", "20", "10", "90"]


def test_what_rounds_to_zero_has_no_number():
    panel = confusion_figure([ended("a", 0, [[400, 1], [0, 10]])], **WORDS).axes[0]
    assert [text.get_text() for text in panel.texts] == ["100", "100"]


def test_a_class_without_examples_is_left_empty():
    table = confusion_table([ended("a", 0, [[3, 1], [0, 0]])])
    assert table["proportion"].isna().tolist() == [False, False, True, True]
    panel = confusion_figure([ended("a", 0, [[3, 1], [0, 0]])], **WORDS).axes[0]
    assert [text.get_text() for text in panel.texts] == ["75", "25"]


def test_runs_of_other_shapes_and_none_at_all_are_refused():
    with pytest.raises(ValueError, match="expected one shape"):
        confusion_figure([*RUNS, ended("a", 2, [[1]])], **WORDS)
    with pytest.raises(ValueError, match=r"evaluated \(none\)"):
        confusion_figure([Run("a", 0)], **WORDS)


@pytest.mark.parametrize("colours", ["cividis", "PuBuGn"])
def test_numbers_in_cells_are_readable_on_every_colour(colours):
    values = np.linspace(0, 100, 144).reshape(12, 12)
    axis = Figure().subplots()
    mesh = heat_map(axis, values, colours=colours, scale=Normalize(0, 100))

    def luminance(colour):
        parts = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour[:3]]
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]

    for text, cell in zip(axis.texts, mesh.to_rgba(values).reshape(-1, 4), strict=True):
        dark, light = sorted((luminance(to_rgb(text.get_color())), luminance(cell)))
        assert (light + 0.05) / (dark + 0.05) >= 4.5
