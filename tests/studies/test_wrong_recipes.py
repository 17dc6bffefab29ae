"""Corruption, replay and tasks that cannot work: refused by `ebb run` before anything trains."""

import numpy as np
import pytest

from tests.studies.conftest import refused

FILE = """
import keras
import numpy as np
from core import *
from studies import Study


class Mine(keras.Model):
    def __init__(self, classes):
        super().__init__()
        self.last = keras.layers.Dense(classes, activation="softmax")

    def call(self, inputs):
        return self.last(keras.ops.reshape(inputs, (-1, 28 * 28)))


def subclassed(shape, classes):
    return Mine(classes)


def recipe(**more):
    return Recipe(**{{"dataset": "digits", "model": spec("mlp"), "epochs": 2}} | more)


study = Study(name="mine", question="?", seeds=1, conditions={{"a": recipe({fields})}})
"""
TEN = "np.eye(10).tolist()"
WRONG = {
    # Parts that are none.
    "fraction 2": (
        "replay=Replay(capacity=9, fraction=2)",
        "fraction 2; expected a number from 0 up to",
    ),
    "capacity 0": ("replay=Replay(capacity=0)", "capacity 0; expected a whole number from 1 up"),
    "noise": ("input_noise=GaussianNoise(variance=-1)", "variance=-1; expected exactly one"),
    "neither": ("input_noise=GaussianNoise()", "None; expected exactly one of them"),
    "both": (
        "input_noise=GaussianNoise(variance=.1, standard_deviation=.3)",
        "expected exactly one of them",
    ),
    "clip": ("input_noise=GaussianNoise(variance=.1, clip=1)", "as in (0, 1), or None"),
    "row": (
        "label_noise=MatrixLabelNoise(((.5, .4), (0, 1)))",
        "probabilities from 0 to 1 that sum",
    ),
    "array": (f"label_noise=MatrixLabelNoise({TEN}[0])", "has no rows of numbers"),
    "label file": ('label_noise=GivenLabels("none.npy")', "'none.npy', which cannot be read"),
    "labels": (
        "label_noise=SymmetricLabelNoise(1.1)",
        "no more labels than there are can be wrong",
    ),
    "flips": ("label_noise=flips(10, .3, {3: 10})", "two different classes from 0 to 9"),
    "groups": ("order=Tasks(groups=((0, 1), (1, 2)))", "each class from 0 up exactly once"),
    "unknown set": (
        'evaluation=EvaluationPlan(at_end=("fog-1",))',
        "Received damage 'fog'; expected one of gaussian, salt-and-pepper",
    ),
    "severity": (
        'evaluation=EvaluationPlan(sets=("contrast-2",))',
        "contrast of severity 2.0; expected a number from 0 to 1",
    ),
    "severity in words": (
        'evaluation=EvaluationPlan(sets=("gaussian-strong",))',
        "expected a kind and its severity, as in gaussian-0.1",
    ),
    "twice": (
        'evaluation=EvaluationPlan(sets=("test", "gaussian-0.1"), at_end=("gaussian-0.10",))',
        "'gaussian-0.1' twice; expected it once",
    ),
    # Parts that do not fit the recipe.
    "epochs": (
        "order=Tasks(groups=((0, 1, 2, 3, 4), (5, 6, 7, 8, 9)), epochs_each=2)",
        "epochs=2 with 2 tasks and epochs_each=2; expected epochs=4",
    ),
    "small fraction": ("replay=Replay(capacity=9, fraction=.01)", "at least one example a batch"),
    # Parts that do not fit the data.
    "classes": (
        "order=Tasks(groups=((0, 1), (2, 3)))",
        "tasks of 4 classes for data of 10; expected each of the classes 0 to 9",
    ),
    "later order": (
        "order=ClassSequential((tuple(range(10)), (1, 0)))",
        "class order 1,0; expected each of the classes 0 to 9",
    ),
    "matrix size": (
        "label_noise=MatrixLabelNoise(((1, 0), (0, 1)))",
        "2 transition matrix rows for data of 10 classes; expected one for each class",
    ),
    "proportions": (
        "label_noise=ClassLabelNoise((.1, .2))",
        "2 noise rates for data of 10 classes",
    ),
    "ring": ('replay=Replay(buffer="ring", capacity=9)', "for 10 classes; expected one slot"),
    "herding": ('replay=Replay(buffer="herding", capacity=9)', "for 10 classes; expected one slot"),
    "no images": (
        'dataset="flat.npz", evaluation=EvaluationPlan(at_end=("blur-1",))',
        "inputs of shape (3,) to damage; expected images",
    ),
}


@pytest.fixture
def write(tmp_path):
    """A study file whose recipe has these fields."""

    def written(fields):
        x, y = np.ones((20, 3), dtype=np.float32), np.arange(20) % 10
        np.savez(tmp_path / "flat.npz", x_train=x, y_train=y, x_test=x, y_test=y)
        (tmp_path / "wrong_study.py").write_text(FILE.format(fields=fields))
        return "wrong_study.py"

    return written


@pytest.mark.parametrize(("fields", "said"), WRONG.values(), ids=WRONG)
def test_a_study_with_a_wrong_recipe_is_refused_before_anything_trains(
    fields, said, write, ebb, store, workers
):
    line = refused(ebb("run", write(fields)))
    assert said in line
    assert "expected" in line
    assert len(line) < 500
    assert workers.asked == []
    assert not store.folder.exists()


FULL = (
    "label_noise=SymmetricLabelNoise(.1), input_noise=GaussianNoise(variance=.1), "
    "replay=Replay(capacity=50), pretraining=Pretraining(epochs=1)"
)
SETTINGS = {
    "replay.capacity=0": "capacity 0; expected a whole number",
    "replay.capacity=100,200": "expected one value. Several beside each other are a sweep",
    "replay.fraction=2": "fraction 2; expected a number from 0 up to",
    "replay.buffer=rings": "expected one of reservoir",
    "replay=Replay": "expected it with its parameters",
    "label_noise.rate=3": "no more labels than there are can be wrong",
    "label_noise=SymmetricLabelNoise": "expected it with its parameters",
    "input_noise.variance=-1": "expected exactly one of them, 0 or larger",
    "input_noise.standard_deviation=.1": "expected exactly one of them",
    "input_noise.clip=1": "as in (0, 1), or None",
    "pretraining.epochs=0": "in the pretraining",
    "evaluation.sets=test,test": "twice",
    "evaluation.at_end=gaussian": "a corrupted test set as in gaussian-0.1",
    "evaluation.at_end=shift-1.5": "expected a whole number from 0 up",
    "order=Tasks": "expected it with its parameters",
    "order.groups=1": "expected one of classes",
}


@pytest.mark.parametrize(("setting", "said"), SETTINGS.items(), ids=SETTINGS)
def test_wrong_settings_are_refused_before_anything_trains(
    setting, said, write, ebb, store, workers
):
    assert said in refused(ebb("run", write(FULL), "--set", setting))
    assert workers.asked == []
    assert not store.folder.exists()


@pytest.mark.parametrize(
    "setting",
    [
        "replay.capacity=100",
        "label_noise.rate=0.3",
        "input_noise.clip=0,1",
        "pretraining.epochs=3",
        "evaluation.at_end=gaussian-0.1,blur-1",
        "replay=none",
    ],
)
def test_right_settings_are_not(setting, write, ebb, workers):
    file = write(FULL)
    call = ebb("run", file, "--set", setting, "--dry-run")
    assert (call.status, "1 run to do" in call.out) == (0, True), call


@pytest.mark.parametrize("setting", ["replay.capacity=100", "label_noise.rate=0.3"])
def test_a_setting_needs_a_condition_that_has_the_field(setting, write, ebb, workers):
    field = setting.split("=")[0]
    line = refused(ebb("run", write(""), "--set", setting, "--dry-run"))
    assert f"Received field {field!r} of a recipe without {field.split('.')[0]}" in line
    # In a study of ours in which some conditions have it, it is changed in these.
    name = "replay" if field.startswith("replay") else "label-noise"
    call = ebb("run", name, "--quick", "--set", setting, "--dry-run")
    assert call.status == 0, call


@pytest.mark.slow
def test_herding_with_a_subclassed_model_is_refused_by_the_worker(write, ebb, store):
    fields = 'model=spec(subclassed), replay=Replay(buffer="herding", capacity=20)'
    line = refused(ebb("run", write(fields), "--quiet"))
    assert "a model of class Mine with herding or a strategy that reads features" in line
    assert "expected a Sequential or functional one" in line
    assert store.entries("mine") == []


def test_a_condition_that_cannot_work_is_refused_before_another_trains(tmp_path, ebb, store):
    (tmp_path / "two_study.py").write_text(
        FILE.format(fields="").replace(
            '{"a": recipe()}',
            '{"a": recipe(), "b": recipe(optimiser=spec("Adamm"))}',
        )
    )
    line = refused(ebb("run", "two_study.py", "--quiet"))
    assert "mine, b: Received 'Adamm'; expected a class of keras.optimizers" in line
    assert store.entries("mine") == []
