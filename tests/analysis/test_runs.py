import numpy as np
import pytest

from analysis.runs import (
    RunSet,
    class_segments,
    epoch_evaluations,
    has_segments,
    last_evaluation,
    number_of_classes,
    segment_confusions,
    whole_sets,
)
from tests.analysis.conftest import Evaluation, Run, confusion


def in_segments(epochs: int = 2, segments: int = 3) -> Run:
    looks = [Evaluation("test-sample", 0, 0, 0, confusion(0, 0, 0))]
    for epoch in range(1, epochs + 1):
        for segment in range(1, segments + 1):
            accuracy = (10 * epoch + segment) / 100
            looks.append(Evaluation("test-sample", epoch, segment, 0, confusion(accuracy, 0, 0)))
        looks.append(Evaluation("test", epoch, segments, 0, confusion(0.5, 0.5, 0.5)))
    segments = np.tile(np.arange(1, segments + 1), (epochs, 1))
    return Run("a", 0, evaluations=looks, arrays={"class_segments": segments})


def test_conditions_stand_as_first_met_also_without_a_finished_run() -> None:
    runs = [Run("b", 0, "failed"), Run("a", 1), Run("b", 1, "diverged"), Run("a", 0)]
    groups = RunSet.of(runs).finished
    assert list(groups) == ["b", "a"]
    assert groups["b"] == []
    assert [run.seed for run in groups["a"]] == [1, 0]


def test_no_runs_are_refused() -> None:
    with pytest.raises(ValueError, match="received no runs"):
        _ = RunSet.of([]).finished


def test_one_network_is_not_counted_twice() -> None:
    with pytest.raises(ValueError, match="two finished runs of condition 'a' with seed 3"):
        _ = RunSet.of([Run("a", 3), Run("a", 3)]).finished
    assert RunSet.of([Run("a", 3, "failed"), Run("a", 3)]).finished


def test_diverged_runs_are_grouped_with_the_finished_ones_if_asked_for() -> None:
    runs = [Run("a", 3, "diverged"), Run("a", 1), Run("a", 2, "failed"), Run("a", 0, "stopped")]
    assert [each.seed for each in RunSet.of(runs).finished["a"]] == [1]
    assert [each.seed for each in RunSet.of(runs).ended["a"]] == [3, 1]
    again = [*runs, Run("a", 3)]
    assert [each.seed for each in RunSet.of(again).finished["a"]] == [1, 3]
    with pytest.raises(ValueError, match="two finished or diverged runs of condition 'a' with"):
        _ = RunSet.of(again).ended


def test_samples_are_not_whole_sets() -> None:
    assert whole_sets([in_segments()]) == ["test"]


def test_the_evaluation_at_an_epochs_end_is_the_epochs_and_the_last_one_the_runs() -> None:
    looks = [
        Evaluation("test", 1, segment, 3 * segment, confusion(x, x))
        for segment, x in ((1, 0.2), (2, 0.4), (3, 0.6), (3, 0.5))  # weights restored at last
    ]
    run = Run("a", 0, evaluations=looks)
    assert epoch_evaluations(run, "test")[1] is looks[2]
    assert last_evaluation(run, "test") is looks[3]
    assert last_evaluation(run, "validation") is None


def test_the_number_of_classes_is_known_also_from_a_run_that_diverged() -> None:
    run = Run("a", 0, "diverged", evaluations=[Evaluation("test", 0, 0, 0, confusion(0, 0, 0))])
    assert number_of_classes([run], "test") == 3
    assert number_of_classes([run], "train") is None


def test_segments_become_a_grid_without_the_untrained_network() -> None:
    grid = segment_confusions(in_segments(), "test-sample")
    assert grid.shape == (2, 3, 3, 3)
    np.testing.assert_array_equal(grid[..., 0, 0], [[11, 12, 13], [21, 22, 23]])


def test_the_grid_does_not_depend_on_the_order_of_the_evaluations() -> None:
    run = in_segments()
    shuffled = Run("a", 0, evaluations=run.evaluations[::-1], arrays=run.arrays)
    expected = segment_confusions(run, "test-sample")
    np.testing.assert_array_equal(segment_confusions(shuffled, "test-sample"), expected)


def test_restored_weights_do_not_replace_the_last_segment() -> None:
    run = in_segments()
    run.evaluations.append(Evaluation("test-sample", 2, 3, 0, confusion(0.99, 0, 0)))
    assert segment_confusions(run, "test-sample")[1, 2, 0, 0] == 23


def test_a_hole_in_the_grid_is_refused() -> None:
    run = in_segments()
    del run.evaluations[2]
    with pytest.raises(ValueError, match=r"received 5 segment evaluations.*expected 2 epochs x 3"):
        segment_confusions(run, "test-sample")
    with pytest.raises(ValueError, match="without evaluations of 'other'"):
        segment_confusions(run, "other")


def test_segments_need_the_turns_of_the_classes() -> None:
    run = in_segments()
    assert has_segments(run, "test-sample")
    assert not has_segments(run, "other")
    run.arrays = {}
    assert not has_segments(run, "test-sample")
    with pytest.raises(ValueError, match="class_segments of shape None"):
        class_segments(run, 2)


def test_turns_planned_for_epochs_that_were_not_trained_are_left_out() -> None:
    assert class_segments(in_segments(epochs=4), 2).shape == (2, 3)
    with pytest.raises(ValueError, match=r"expected .5 epochs"):
        class_segments(in_segments(epochs=4), 5)


def test_a_set_of_runs_is_taken_as_it_is_and_computes_once() -> None:
    runs = RunSet.of([Run("a", 0), Run("a", 1)])
    assert RunSet.of(runs) is runs
    assert runs.finished is runs.finished
    calls = []

    def count(run: Run, set: str) -> int:
        calls.append((run.seed, set))
        return len(calls)

    assert [runs.once(count, run, "test") for run in (*runs, *runs)] == [1, 2, 1, 2]


def test_outputs_that_classes_share_have_no_segments() -> None:
    run = in_segments()
    assert has_segments(run, "test-sample")
    run.arrays["class_segments"] = np.ones((2, 7), dtype=np.int32)
    assert not has_segments(run, "test-sample")
