"""The shape of a learning curve: by hand, and from runs."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.metrics.learning_curve import convergence_epoch, roughness
from analysis.metrics.values import values_of
from analysis.overview import overview_table
from analysis.tables import summary_table
from tests.analysis.conftest import PROPERTY, Evaluation, Run, confusion

ACCURACIES = (0.1, 0.5, 0.7, 0.8, 0.80, 0.82, 0.81, 0.83)
LOSSES = (2.0, 1.0, 0.6, 0.504, 0.51, 0.5, 0.52, 0.55)


def followed(seed: int = 0) -> Run:
    """A run with these curves, whose weights were restored to the sixth epoch at the end."""
    looks = [Evaluation("validation", 0, 0, 0, confusion(0.0, 0.0), 9.0)]
    looks += [
        Evaluation("validation", epoch, 1, epoch, confusion(a, a), loss)
        for epoch, (a, loss) in enumerate(zip(ACCURACIES, LOSSES, strict=True), 1)
    ]
    looks.append(Evaluation("validation", 8, 1, 8, confusion(0.2, 0.2), 0.001))
    return Run("a", seed, evaluations=looks)


def test_roughness_is_the_deviation_of_the_bends_from_the_fifth_epoch_on() -> None:
    # Changes .02, -.01, .02; bends -.03, .03: mean 0, squared deviations .0009 each, over 3.
    assert roughness(ACCURACIES) == pytest.approx(math.sqrt(0.0018 / 3))


def test_noise_is_as_rough_as_its_changes_and_a_rise_that_slows_down_hardly() -> None:
    noise = np.random.default_rng(0).normal(size=100_000)
    assert roughness(noise) == pytest.approx(np.diff(noise).std(), rel=0.01)
    slowing = 1 - np.exp(-np.arange(50) / 8)
    assert roughness(slowing) < np.diff(slowing[4:]).std() / 10


def test_a_steady_rise_is_not_rough_and_a_short_curve_has_no_figure() -> None:
    assert roughness(np.linspace(0, 1, 20)) == pytest.approx(0, abs=1e-12)
    assert math.isnan(roughness(ACCURACIES[:7]))
    assert not math.isnan(roughness(ACCURACIES[:8]))


@PROPERTY
@given(st.lists(st.floats(0, 1), min_size=8, max_size=30), st.floats(-1, 1))
def test_roughness_knows_no_level_and_not_the_first_epochs(
    curve: list[float], shift: float
) -> None:
    value = roughness(curve)
    assert roughness(np.array(curve) + shift) == pytest.approx(value, abs=1e-9)
    assert roughness([0.0, 0.0, 0.0, 0.0, *curve[4:]]) == pytest.approx(value)


def test_a_curve_converges_where_it_is_first_within_a_hundredth_of_its_lowest() -> None:
    assert convergence_epoch(LOSSES) == 4  # .504 <= .5 * 1.01
    assert convergence_epoch((2.0, 0.506, 0.504, 0.5)) == 3
    assert convergence_epoch((3, 2, 1)) == 3
    assert convergence_epoch((0.5, 0.0, 0.0)) == 2
    assert convergence_epoch((-1.0, -1.99, -2.0)) == 2
    assert convergence_epoch((1,)) == 1
    assert math.isnan(convergence_epoch(()))
    assert math.isnan(convergence_epoch((1, math.nan)))


def test_the_figures_are_found_by_name_and_the_restored_weights_are_no_epoch() -> None:
    runs = [followed(0), followed(1)]
    assert values_of(runs, "validation loss convergence epoch", "a").tolist() == [4, 4]
    calm = values_of(runs, "validation accuracy roughness", "a")
    assert calm.tolist() == pytest.approx([math.sqrt(0.0006)] * 2)
    with pytest.raises(ValueError, match="received metric 'test accuracy roughness'"):
        values_of(runs, "test accuracy roughness", "a")


def test_the_summary_and_the_overview_have_them_where_the_curve_is_long_enough() -> None:
    names = ["validation accuracy roughness", "validation loss convergence epoch"]
    table = summary_table([followed()]).set_index("metric")["mean"]
    assert table[names].tolist() == pytest.approx([math.sqrt(0.0006), 4])
    assert overview_table([followed()], names[::-1])["mean"].tolist() == [4]
    short = followed()
    short.evaluations = short.evaluations[:8]
    assert not set(names) & set(summary_table([short])["metric"])


def test_a_loss_below_zero_converges_too():
    assert convergence_epoch([-0.1, -0.5, -0.995, -1.0]) == 3


@pytest.mark.parametrize("epochs", [range(2, 17, 2), (8,)])
def test_a_set_that_was_not_evaluated_after_every_epoch_has_no_curve(epochs):
    run = followed()
    run.evaluations = [
        Evaluation("validation", epoch, 1, epoch, confusion(a, a), loss)
        for epoch, a, loss in zip(epochs, ACCURACIES, LOSSES, strict=False)
    ]
    for name in ("validation accuracy roughness", "validation loss convergence epoch"):
        with pytest.raises(ValueError, match="received metric"):
            values_of([run], name, "a")
