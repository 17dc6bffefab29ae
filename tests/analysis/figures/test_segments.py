import numpy as np
import pytest

from analysis.figures.segments import segment_figure
from analysis.segments import segment_table
from tests.analysis.conftest import Run
from tests.analysis.figures.test_class_segments import segmented

WORDS = {"question": "What is lost?", "dataset": "digits"}


def test_the_table_has_the_first_and_the_last_epoch():
    table = segment_table([segmented("a", seed, epochs=3) for seed in range(3)])
    assert sorted(set(table["epoch"])) == [1, 3]
    row = table[(table["epoch"] == 3) & (table["segment"] == 2) & (table["class"] == 0)].iloc[0]
    assert (row["n"], row["mean"], row["sd"]) == (3, pytest.approx(0.33), pytest.approx(0.01))


def test_one_seed_has_no_spread_and_one_epoch_stands_once():
    table = segment_table([segmented("a", 0, epochs=1)])
    assert len(table) == 9
    assert table["sd"].isna().all()


def test_each_condition_has_a_panel_of_its_last_epoch():
    runs = [segmented(name, seed) for name in "abcd" for seed in range(2)]
    panels = segment_figure(runs, **WORDS).axes[:4]
    assert [panel.get_title() for panel in panels] == list("abcd")
    np.testing.assert_allclose(panels[0].collections[0].get_array()[0], [21.5, 22.5, 23.5])


def test_runs_without_segments_are_refused():
    with pytest.raises(ValueError, match="none finished with segment evaluations"):
        segment_figure([Run("a", 0)], **WORDS)
    with pytest.raises(ValueError, match="expected the same for all"):
        segment_table([segmented("a", 0), segmented("a", 1, epochs=3)])


def test_a_class_without_examples_in_a_run_is_known_by_the_others():
    runs = [segmented("a", seed) for seed in range(3)]
    for look in runs[0].evaluations:
        look.confusion[1] = 0
    table = segment_table(runs)
    assert table.loc[table["class"] == 1, "n"].unique().tolist() == [2]
    assert table.loc[table["class"] == 0, "n"].unique().tolist() == [3]
    assert table["mean"].notna().all()
