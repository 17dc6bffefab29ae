"""Random crops, against images that are really cropped."""

from dataclasses import replace

import numpy as np
import pytest
import tensorflow as tf

from core import Domains, GaussianNoise, Recipe, Replay, Strategy, spec
from core.random_streams import stream
from core.training.build import fresh_model
from core.training.compiled import Program
from data import InputError
from tests.core.by_hand import distance, images, trained

PLAIN = Recipe(
    dataset="images",
    model=spec("mlp", widths=(8,)),
    preprocessing=("scale", "normalise"),
    optimiser=spec("SGD", learning_rate=0.5),
    random_crop=1,
    batch_size=8,
    epochs=2,
    compiler="graph",
)


def test_every_image_shown_is_a_crop_of_the_padded_image_drawn_anew_in_every_epoch():
    data = images()
    scaled = data.x_train.astype(np.float32) / 255
    padded = np.pad(scaled, [(0, 0), (1, 1), (1, 1)])
    x = (padded - scaled.mean()) / scaled.std()
    # The middle comes first, then all in rows.
    places = np.roll(np.arange(9), 5)
    model = fresh_model(PLAIN, 0, data)
    variables, n = model.trainable_variables, len(data.y_train)
    for epoch in (1, 2):
        shown = stream(0, "order", epoch).permutation(n)
        drawn = places[stream(0, "augmentation", 1, epoch).integers(9, size=n, dtype=np.int32)]
        for start in range(0, n, 8):
            rows, corners = shown[start : start + 8], drawn[start : start + 8]
            pairs = zip(rows, *divmod(corners, 3), strict=True)
            cropped = np.stack([x[row, i : i + 6, j : j + 5] for row, i, j in pairs])
            with tf.GradientTape() as tape:
                right = tf.gather(model(cropped, training=True), data.y_train[rows], batch_dims=1)
                loss = -tf.reduce_mean(tf.math.log(right))
            for variable, slope in zip(variables, tape.gradient(loss, variables), strict=True):
                variable.assign_sub(0.5 * slope)
    record, weights = trained(PLAIN, 0, data)
    assert distance(weights.last, model.get_weights()) < 1e-5
    x_test = (data.x_test.astype(np.float32) / 255 - scaled.mean()) / scaled.std()
    found = next(e for e in record.evaluations if e.set == "test" and e.epoch == 2)
    right = (model(x_test).numpy().argmax(axis=1) == data.y_test).sum()
    assert np.trace(found.confusion) == right  # tested are whole images


def test_replayed_examples_are_cropped_too(monkeypatch):
    recipe = replace(PLAIN, replay=Replay(capacity=20, mode="add"))
    seen = []
    train = Program.train

    def noted(self, x, y, batches, *rest):
        n = x.shape[0]
        assert (tf.gather(y, batches.indices) == tf.gather(y, batches.indices % n)).numpy().all()
        seen.append(np.unique(batches.indices.numpy() // n))
        return train(self, x, y, batches, *rest)

    monkeypatch.setattr(Program, "train", noted)
    trained(recipe, 0, images())
    assert all(each.tolist() == list(range(9)) for each in seen)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"strategy": Strategy()}, "random_crop and strategy; expected one of them"),
        ({"input_noise": GaussianNoise(variance=0.1)}, "random_crop and input_noise"),
        ({"order": Domains(kind="permuted", number=2)}, "random_crop and Domains"),
        ({"preprocessing": ("standardise",)}, "with random_crop; expected some of pad-2"),
        ({"random_crop": 0}, "random_crop=0; expected a whole number from 1 up, or None"),
    ],
)
def test_what_cannot_be_cropped_is_refused_in_a_line(changes, message):
    with pytest.raises(InputError, match=message):
        replace(PLAIN, **changes)
