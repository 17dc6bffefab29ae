"""Tables for a paper: a label, chosen columns, the best in bold where it is told apart."""

import pytest

from tests.studies.conftest import keep, made_record, refused, tiny


@pytest.fixture
def three(store):
    """A study of three conditions, one of them clearly the best."""
    for name, base in (("a", 0.9), ("b", 0.5), ("c", 0.45)):
        for seed in range(6):
            accuracy = base + 0.05 * (seed % 3 - 1) * (name != "c") + 0.05 * (seed % 2)
            keep(
                store,
                made_record(name, seed, accuracy=accuracy, study="mine", recipe=tiny()),
            )
    return store


def test_latex_has_label_interval_and_the_best_in_bold(three, ebb):
    text = ebb("table", "mine", "--kind", "overview", "--format", "latex").out
    assert r"\label{tab:mine-overview}" in text
    (bold,) = [line for line in text.splitlines() if "textbf" in line]
    assert bold.startswith("a & 6 & \\textbf{")
    assert bold.count("[") == 1
    assert "Bold: the only one that may be the best" in text


def test_nothing_is_bold_where_the_best_is_not_told_apart(three, ebb):
    for seed in range(6):
        keep(three, made_record("d", seed, accuracy=0.9, study="mine", recipe=tiny()))
    text = ebb("table", "mine", "--kind", "overview", "--format", "latex").out
    assert "textbf" not in text
    assert "None is in bold" in text


def test_nothing_is_bold_where_two_tie_at_every_seed(ebb, store):
    """Their interval ends at 0, and both may be the best."""
    for name, loss in (("a", 0.0), ("b", 0.0), ("c", 0.02)):
        for seed, accuracy in enumerate((0.900, 0.915, 0.920, 0.905)):
            varied = accuracy - loss * (seed % 2 + 1)
            keep(store, made_record(name, seed, accuracy=varied, study="mine", recipe=tiny()))
    text = ebb("table", "mine", "--kind", "overview", "--format", "latex").out
    assert "textbf" not in text
    assert "None is in bold" in text


@pytest.mark.parametrize("style", ["latex", "csv", "text"])
def test_columns_can_be_chosen(three, ebb, style):
    words = ("table", "mine", "--kind", "overview", "--columns", "mean,condition")
    text = ebb(*words, "--format", style).out
    assert "mean" in text
    assert "p25" not in text.partition("\n\n")[0].partition("mean to")[0]


def test_a_column_that_is_not_there_is_refused(three, ebb):
    line = refused(ebb("table", "mine", "--kind", "overview", "--columns", "men"))
    assert "did you mean mean?" in line


def test_a_comparison_has_a_label_too(three, ebb):
    text = ebb("compare", "mine", "a", "b", "--format", "latex").out
    assert r"\label{tab:mine-comparison}" in text


def test_nothing_is_said_of_the_best_where_it_was_not_looked_for(store, ebb):
    for n in range(13):
        for seed in range(3):
            accuracy = 0.05 * n + 0.05 * (seed % 2)
            keep(store, made_record(f"c{n}", seed, accuracy=accuracy, study="mine", recipe=tiny()))
    text = ebb("table", "mine", "--kind", "overview", "--format", "latex").out
    assert "bold" not in text.lower()
