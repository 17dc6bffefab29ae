"""Whoever errs is told what is accepted, and what was probably meant."""

import numpy as np
import pytest

import studies
from core import Recipe, spec
from data import InputError
from data.errors import did_you_mean, shown
from studies import Study
from tests.studies.conftest import refused, tiny

RUN = ("run", "class-order", "--quick", "--dry-run")
SLIPS = {
    "command": (("delete", "class-order"), "did you mean remove?"),
    "study": (("run", "class-ordr"), "did you mean class-order?"),
    "condition": ((*RUN, "--conditions", "shufled"), "did you mean shuffled?"),
    "field": ((*RUN, "--set", "epoch=3"), "did you mean epochs?"),
    "network": ((*RUN, "--set", "model=mpl"), "did you mean mlp?"),
    "network's parameter": ((*RUN, "--set", "model.activaton=relu"), "did you mean activation?"),
    "part's field": ((*RUN, "--set", "split.sise=1"), "did you mean size?"),
    "parameter of scores": (
        ("run", "polynomial-degree", "--set", "noize=1"),
        "did you mean noise?",
    ),
}
KERAS_SLIPS = {
    "optimiser": ("optimiser=adam", "did you mean Adam?"),
    "optimiser's parameter": ("optimiser.lr=0.1", "did you mean learning_rate?"),
    "activation": ("model.activation=rellu", "rellu"),
}


@pytest.mark.parametrize(("words", "said"), SLIPS.values(), ids=SLIPS)
def test_a_slip_is_answered_with_what_was_meant(words, said, ebb):
    line = refused(ebb(*words))
    assert said in line
    assert "expected" in line


@pytest.mark.slow
@pytest.mark.parametrize(("change", "said"), KERAS_SLIPS.values(), ids=KERAS_SLIPS)
def test_a_dry_run_builds_what_keras_has_to_know(change, said, ebb):
    assert said in refused(ebb(*RUN, "--set", change))


def test_a_condition_of_a_comparison_and_a_variant_are_guessed(filled, ebb):
    assert "did you mean shuffled?" in refused(
        ebb("compare", "class-order", "shufled", "class-sequential")
    )
    assert "did you mean full?" in refused(ebb("table", "class-order", "--variant", "ful"))


def test_a_word_in_a_study_file_is_guessed(tmp_path, ebb):
    (tmp_path / "slip.py").write_text(
        "from core import Recipe, spec\nRecipe(dataset='digits', model=spec('mlp'), epoch=3)\n"
    )
    assert "did you mean epochs?" in refused(ebb("run", "slip.py"))


def test_nothing_is_guessed_where_nothing_is_like_it():
    assert did_you_mean("xyz", ["remove", "run"]) == ""
    assert did_you_mean("lr", ["learning_rate", "rho"]) == " (did you mean learning_rate?)"


@pytest.mark.parametrize("given", [np.zeros((60, 28, 28)), (np.zeros(3), np.zeros(3))])
def test_an_array_is_answered_with_the_line_that_works(given):
    mine = Study(name="mine", question="?", conditions={"a": tiny()})
    for wrong in (
        lambda: Recipe(dataset=given, model=spec("mlp")),
        lambda: studies.run(mine, dataset=given),
    ):
        with pytest.raises(InputError, match=r"numpy.savez\(\"mine.npz\", x_train=") as refusal:
            wrong()
        assert "0." not in str(refusal.value)


class Sequential:
    """A network, as far as a message is concerned."""


def test_a_model_is_answered_with_the_line_that_works():
    for wrong in (lambda: Recipe(dataset="digits", model=Sequential()), lambda: spec(Sequential())):
        with pytest.raises(InputError, match=r"def build\(shape, classes\)"):
            wrong()


def test_a_value_is_never_shown_at_length():
    assert len(shown("x" * 1000)) < 120
    assert shown(np.zeros((2, 3))) == "an array of shape (2, 3)"


def test_fields_are_listed_with_their_values(ebb, store):
    call = ebb("run", "replay", "--quick", "--fields")
    lines = call.out.splitlines()
    assert "optimiser.learning_rate = 0.001" in lines
    assert "model.activation = relu" in lines
    assert any(line.startswith("replay.capacity = 100 (reservoir-100); 500 (") for line in lines)
    assert not store.folder.exists()
    assert "degree = " in ebb("run", "polynomial-degree", "--fields").out


def test_a_field_that_is_listed_can_be_set(ebb):
    for line in ebb("run", "class-order", "--quick", "--fields").out.splitlines():
        field, _, value = line.partition(" = ")
        if "(" not in value and value not in ("none", "HoldOut", "EvaluationPlan"):
            call = ebb("run", "class-order", "--quick", "--fields", "--set", f"{field}={value}")
            assert call.status == 0, (line, call.err)


def test_a_long_file_with_two_conditions_needs_no_names(ebb, tmp_path):
    rows = [f"{c},{s},{0.5 + 0.1 * (c == 'b') + 0.01 * s * s}" for c in "ab" for s in range(5)]
    (tmp_path / "scores.csv").write_text("\n".join(["condition,seed,value", *rows]))
    call = ebb("compare", "scores.csv")
    assert call.status == 0
    assert "a minus b" in call.out or "a and b" in call.out or "a " in call.out
