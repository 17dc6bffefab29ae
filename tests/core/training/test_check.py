"""A recipe that cannot work is refused in one line before anything trains."""

from dataclasses import replace

import keras
import numpy as np
import pytest

from core import EvaluationPlan, HoldOut, Recipe, Trainer, spec
from data import Dataset, InputError
from tests.core.by_hand import images

PLAIN = Recipe(
    dataset="images",
    model=spec("mlp", widths=(8,)),
    split=HoldOut(size=0.2),
    epochs=1,
    compiler="graph",
)


def two_outputs(shape, classes):
    return keras.Sequential(
        [keras.layers.Input(shape), keras.layers.Flatten(), keras.layers.Dense(2)]
    )


def pooled(shape, classes):
    layers = [keras.layers.Input(shape), keras.layers.Reshape((*shape, 1))]
    layers += [keras.layers.MaxPooling2D(4) for _ in range(4)]
    return keras.Sequential([*layers, keras.layers.Flatten(), keras.layers.Dense(classes)])


def in_colour():
    grey = images()
    arrays = {name: getattr(grey, name) for name in ("x_train", "y_train", "x_test", "y_test")}
    coloured = {n: np.stack([v] * 3, axis=-1) if n[0] == "x" else v for n, v in arrays.items()}
    return Dataset.from_arrays("colour", coloured)


STOP = spec("EarlyStopping", monitor="validation_loss")
WRONG = {
    "outputs": ({"model": spec(two_outputs)}, "expected (1, "),
    "pooling": ({"model": spec(pooled)}, "Received model"),
    "shape": (
        {"model": spec("lenet-inside", like=(8, 8, 3)), "dataset": "colour"},
        "The total size of the tensor must be unchanged",
    ),
    "optimiser": ({"optimiser": spec("Adamm")}, "'Adamm'; expected a class of keras.optimizers"),
    "its parameter": ({"optimiser": spec("Adam", rate=1)}, "Adam with"),
    "lr_schedule": (
        {"lr_schedule": spec("Cosine")},
        "'Cosine'; expected a class of keras.schedules",
    ),
    "loss": ({"loss": "hinges"}, "'hinges'; expected a Keras loss by its name"),
    "initialiser": (
        {"model": spec("mlp", widths=(8,), kernel_initializer="he_norml")},
        "he_norml",
    ),
    "activation": ({"model": spec("mlp", widths=(8,), activation="rellu")}, "rellu"),
    "callback": (
        {"early_stopping": spec("EarlyStopping", patiens=3)},
        "EarlyStopping with",
    ),
    "monitor": ({"early_stopping": STOP}, "'validation_loss'; expected a figure that is measured"),
    "monitor of a set that is not evaluated": (
        {
            "early_stopping": spec("EarlyStopping", monitor="val_loss"),
            "evaluation": EvaluationPlan(sets=("test",)),
        },
        "'val_loss'; expected a figure that is measured every epoch: loss, accuracy, test_loss",
    ),
}


@pytest.fixture(scope="module")
def trainer():
    return Trainer()


@pytest.mark.parametrize(("fields", "said"), WRONG.values(), ids=WRONG)
def test_a_recipe_that_cannot_work_is_refused(fields, said, trainer):
    with pytest.raises(InputError) as caught:
        trainer.check(replace(PLAIN, **fields), in_colour() if "dataset" in fields else images())
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith("Received")
    assert "\x1b" not in str(caught.value)
    assert "Arguments received" not in str(caught.value)


def test_one_that_can_work_is_not_and_trains_the_same_afterwards(trainer):
    before = Trainer().train(PLAIN, 0, images())
    trainer.check(PLAIN, images())
    assert trainer.train(PLAIN, 0, images()).digest() == before.digest()


@pytest.mark.parametrize(("monitor", "best"), [("val_accuracy", max), ("test_loss", min)])
def test_early_stopping_knows_which_way_its_figure_is_better(monitor, best, trainer):
    stop = spec("EarlyStopping", monitor=monitor, patience=9, restore_best_weights=True)
    record = trainer.train(replace(PLAIN, epochs=4, early_stopping=stop), 0, images())
    name, _, figure = monitor.partition("_")
    looks = [each for each in record.evaluations if each.set.startswith(name)]
    values = [
        each.loss if figure == "loss" else each.confusion.trace() / each.confusion.sum()
        for each in looks
    ]
    # The last look is at the restored weights; the first at the untrained network.
    assert values[-1] == best(values[1:])
