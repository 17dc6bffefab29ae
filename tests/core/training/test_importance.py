"""Importances against a loop over single examples, for Dense and for convolutional networks."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from core.training import importance
from core.training.importance import Importance

KINDS = ("exact", "predicted", "true", "sampled", "outputs")
CLASSES = 4
MASKS = np.array([[0, 0, -1e9, -1e9], [-1e9, 0, 0, 0]], np.float32)
EXAMPLES = np.array([5, 2, 19, 7, 11, 3, 4], np.int32)


def dense():
    """Layers with and without a bias, a layer of activations, one that is active in training."""
    model = keras.Sequential([keras.Input((6, 5, 1)), keras.layers.Flatten()])
    for layer in (
        keras.layers.Dense(4, activation="tanh"),
        keras.layers.Dropout(0.5),
        keras.layers.Dense(3, use_bias=False),
        keras.layers.LeakyReLU(),
        keras.layers.Dense(CLASSES),
    ):
        model.add(layer)
    return model


def functional():
    inputs = keras.Input((6, 5, 1))
    value = keras.layers.Flatten()(inputs)
    value = keras.layers.Dense(4, activation="relu")(value)
    return keras.Model(inputs, keras.layers.Dense(CLASSES)(value))


def with_weights_in_an_activation():
    layers = keras.layers
    first = layers.Dense(4, activation=layers.PReLU(keras.initializers.Constant(0.25)))
    return keras.Sequential(
        [keras.Input((6, 5, 1)), layers.Flatten(), first, layers.Dense(CLASSES)]
    )


def convolutional():
    return keras.Sequential(
        [
            keras.Input((6, 5, 1)),
            keras.layers.Conv2D(2, 3, activation="relu"),
            keras.layers.BatchNormalization(),
            keras.layers.MaxPooling2D(),
            keras.layers.Flatten(),
            keras.layers.Dense(CLASSES),
        ]
    )


def branched():
    inputs = keras.Input((6, 5, 1))
    flat = keras.layers.Flatten()(inputs)
    shared = keras.layers.Dense(3, activation="relu")
    joined = keras.layers.Add()([shared(flat), shared(flat * 2)])
    return keras.Model(inputs, keras.layers.Dense(CLASSES)(joined))


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(20, 6, 5, 1)).astype(np.float32)
    y = np.resize([1, 1, 0, 2, 3], 20).astype(np.int32)
    return tf.constant(x), tf.constant(y)


def found(model, kind, data, chunk=4, seed=0):
    """The importances, and the noise that labels were drawn with."""
    masks = np.resize(MASKS, (len(EXAMPLES), CLASSES))
    rng, again = np.random.default_rng(seed), np.random.default_rng(seed)
    values = Importance(model)(kind, *data, EXAMPLES, masks, rng)
    shown = -(-len(EXAMPLES) // chunk) * chunk
    return values, masks, again.gumbel(size=(shown, CLASSES))


def by_hand(model, kind, data, masks, noise):
    """The mean over examples of what each one's own gradients come to."""
    total = [np.zeros(each.shape) for each in model.trainable_variables]
    for i, place in enumerate(EXAMPLES):
        logits = model(data[0][place][None], training=False)[0].numpy()
        p = np.exp(logits + masks[i]) / np.exp(logits + masks[i]).sum()
        label = {
            "predicted": (logits + masks[i]).argmax(),
            "true": data[1].numpy()[place],
            "sampled": (logits + masks[i] + noise[i]).argmax(),
        }.get(kind)
        for k in range(CLASSES):
            share = p[k] if kind == "exact" else float(k == (0 if label is None else label))
            if not share:
                continue
            with tf.GradientTape() as tape:
                masked = model(data[0][place][None], training=False)[0] + masks[i]
                log_p = masked[k] - tf.reduce_logsumexp(masked)
                norm = tf.reduce_sum(tf.square(masked) * (masks[i] == 0))
                value = norm if kind == "outputs" else log_p
            for total_of, g in zip(
                total, tape.gradient(value, model.trainable_variables), strict=True
            ):
                total_of += share * (np.abs(g) if kind == "outputs" else np.square(g))
    return [each / len(EXAMPLES) for each in total]


def test_by_batches_signs_cancel_within_a_batch(data):
    model, masks = dense(), np.resize(MASKS[:1], (len(EXAMPLES), CLASSES))
    rng, again = np.random.default_rng(3), np.random.default_rng(3)
    values = Importance(model)("outputs", *data, EXAMPLES, masks, rng, batch=3)
    order, total = again.permutation(len(EXAMPLES)), [0.0] * len(values)
    batches = [order[:3], order[3:6], order[6:]]
    for part in batches:
        with tf.GradientTape() as tape:
            active = model(tf.gather(data[0], EXAMPLES[part]), training=False)[:, :2]
            mean = tf.reduce_mean(tf.square(active))
        slopes = tape.gradient(mean, model.trainable_variables)
        total = [t + np.abs(g) / 3 for t, g in zip(total, slopes, strict=True)]
    for ours, expected in zip(values, total, strict=True):
        assert np.abs(ours - expected).max() < 1e-6


@pytest.mark.parametrize(
    ("network", "kind"),
    [
        *((dense, kind) for kind in KINDS),
        (convolutional, "exact"),
        (with_weights_in_an_activation, "true"),
        *(pytest.param(convolutional, kind, marks=pytest.mark.slow) for kind in KINDS[1:]),
        (branched, "outputs"),
        pytest.param(functional, "true", marks=pytest.mark.slow),
        *(pytest.param(branched, kind, marks=pytest.mark.slow) for kind in KINDS[:-1]),
    ],
)
def test_it_is_what_a_loop_over_examples_gives(network, kind, data, monkeypatch):
    monkeypatch.setattr(importance, "CHUNK", 4)
    keras.utils.set_random_seed(0)
    model = network()
    model(data[0], training=True)  # moving averages of a batch normalisation are not the first ones
    values, masks, noise = found(model, kind, data)
    for mine, expected in zip(values, by_hand(model, kind, data, masks, noise), strict=True):
        np.testing.assert_allclose(mine, expected, rtol=1e-4, atol=1e-7)
        assert np.abs(expected).max() > 1e-3


def test_networks_of_dense_layers_need_no_loop():
    assert Importance(dense())._chain
    assert Importance(functional())._chain
    assert not Importance(convolutional())._chain
    assert not Importance(branched())._chain


def test_other_examples_of_other_number_are_not_compiled_anew(data):
    each = Importance(dense())
    for rows in (EXAMPLES, EXAMPLES[:3], np.arange(20, dtype=np.int32)):
        masks = np.zeros((len(rows), CLASSES), np.float32)
        each("exact", *data, rows, masks, np.random.default_rng(0))
    assert each._sums.experimental_get_tracing_count() == 1


def test_labels_are_drawn_from_the_outputs_of_active_classes(data):
    """Over many examples the drawn labels' Fisher information is the exact one."""
    model, rows = dense(), np.resize(EXAMPLES, 20_000)
    masks = np.resize(MASKS[:1], (len(rows), CLASSES))
    rng = np.random.default_rng(0)
    drawn, exact = (
        np.concatenate([v.ravel() for v in Importance(model)(k, *data, rows, masks, rng)])
        for k in ("sampled", "exact")
    )
    assert drawn.sum() == pytest.approx(exact.sum(), rel=0.03)
