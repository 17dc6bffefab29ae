"""`ebb run --dry-run` refuses in one line what a run would refuse, and trains nothing."""

import pytest

from tests.studies.conftest import refused

FILE = """
from core import Recipe, spec
from studies import Study


def dense(shape, classes, end="softmax", heads=1):
    import keras
    from keras import layers

    i = layers.Input(shape)
    x = layers.Flatten()(i)
    outputs = [layers.Dense(classes, activation=end)(x) for _ in range(heads)]
    return keras.Model(i, outputs[0] if heads == 1 else outputs)


def recipe(model, **more):
    return Recipe(dataset="digits", model=model, epochs=1, **more)


study = Study(name="mine", question="?", seeds=2, conditions={{
    "sound": recipe(spec(dense)), "tried": recipe({tried})}})
"""
WRONG = {
    "two outputs": ("spec(dense, heads=2)", "with 2 outputs; expected one output for each class"),
    "logits": ("spec(dense, end=None)", "whose outputs are no probabilities"),
    "nested optimiser": (
        'spec(dense), optimiser=spec("LossScaleOptimizer", inner_optimizer="sgd")',
        "LossScaleOptimizer",
    ),
    "loss": ('spec(dense), loss=spec("Huber", delt=1.0)', "delt"),
    "weights": ("spec(dense), class_weight=(1.0, 2.0)", "2 numbers for data of 10 classes"),
}
QUICK = "two outputs"


@pytest.mark.parametrize(
    "wrong", [w if w == QUICK else pytest.param(w, marks=pytest.mark.slow) for w in WRONG]
)
def test_what_a_run_would_refuse_is_refused(wrong, ebb, store, tmp_path):
    tried, says = WRONG[wrong]
    file = tmp_path / "mine.py"
    file.write_text(FILE.format(tried=tried))
    line = refused(ebb("run", str(file), "--dry-run"))
    assert line.startswith("ebb: ")
    assert says in line
    assert not store.folder.exists()


@pytest.mark.slow
def test_what_can_work_is_planned_and_leaves_nothing(ebb, store, tmp_path):
    file = tmp_path / "mine.py"
    logits = 'spec(dense, end=None), loss=spec("SparseCategoricalCrossentropy", from_logits=True)'
    file.write_text(FILE.format(tried=logits))
    call = ebb("run", str(file), "--dry-run")
    assert (call.status, "4 runs to do" in call.out) == (0, True), call
    assert not store.folder.exists()
