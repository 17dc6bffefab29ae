"""Fed the same batches from the same weights, the compiled program ends where Keras' `fit` does."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from core.models import BUILDERS
from core.schedule.orders import ClassSequential, Schedule, Shuffled
from core.training.compiled import Program
from core.training.layers import CountedDropout, chosen_compiler, evaluated_at_a_time
from tests.core.training.same_batches import CLASSES, both, data, distance, fit, orders, ours


def dense(*, l2=None, bias=True, batch_norm=False, dropout=0.0):
    stack = [layers.Input((6,))]
    for width in (12, 10):
        stack.append(layers.Dense(width, use_bias=bias, kernel_regularizer=l2))
        if batch_norm:
            stack.append(layers.BatchNormalization())
        stack.append(layers.Activation("relu"))
        if dropout:
            stack.append(layers.Dropout(dropout))
    return keras.Sequential([*stack, layers.Dense(CLASSES, activation="softmax")])


def cnn():
    return keras.Sequential(
        [
            layers.Input((8, 8, 1)),
            layers.Conv2D(4, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dense(CLASSES, activation="softmax"),
        ]
    )


OPTIMISERS = {
    "sgd": lambda: keras.optimizers.SGD(0.01),
    "momentum": lambda: keras.optimizers.SGD(0.05, momentum=0.9),
    "adam": lambda: keras.optimizers.Adam(1e-3),
    "rmsprop": lambda: keras.optimizers.RMSprop(1e-3),
    "adagrad": lambda: keras.optimizers.Adagrad(1e-2),
    "lr_schedule": lambda: keras.optimizers.SGD(
        keras.optimizers.schedules.ExponentialDecay(0.1, decay_steps=10, decay_rate=0.9)
    ),
}


def others_slow(*quick):
    """Every optimiser; those that are not named in `make test-all` alone."""
    return [
        pytest.param(name, marks=() if name in quick else pytest.mark.slow) for name in OPTIMISERS
    ]


@pytest.mark.parametrize("name", others_slow("adam", "lr_schedule"))
def test_graph_mode_equals_fit_to_the_byte(name):
    program, model, *_ = both(dense, OPTIMISERS[name], compiler="graph")
    assert distance(program.model, model) == 0


@pytest.mark.parametrize("name", others_slow("adam"))
def test_xla_equals_fit_within_a_millionth_after_a_hundred_steps(name):
    program, model, *_ = both(dense, OPTIMISERS[name], compiler="xla")
    assert program.optimiser.iterations.numpy() == 104
    assert distance(program.model, model) <= 1e-6


@pytest.mark.parametrize(
    ("name", "compiler"),
    [
        pytest.param("momentum", "graph", marks=pytest.mark.slow),
        ("momentum", "xla"),
        pytest.param("adam", "graph", marks=pytest.mark.slow),
        pytest.param("adam", "xla", marks=pytest.mark.slow),
    ],
)
def test_l2_penalties_count_as_in_fit(compiler, name):
    program, model, sums, history, n = both(
        lambda: dense(l2="l2"), OPTIMISERS[name], compiler=compiler
    )
    assert distance(program.model, model) <= (0 if compiler == "graph" else 1e-6)
    assert sums[-1][0] / n == pytest.approx(history[-1]["loss"][0], rel=1e-5)


@pytest.mark.parametrize(
    ("name", "bias", "compiler"),
    [
        pytest.param("sgd", True, "graph", marks=pytest.mark.slow),
        pytest.param("sgd", True, "xla", marks=pytest.mark.slow),
        ("adam", False, "graph"),
        pytest.param("adam", False, "xla", marks=pytest.mark.slow),
    ],
)
def test_batch_normalisation_sees_batches_of_their_true_size(compiler, name, bias):
    # A bias in front of it has no true gradient, and Adam turns its rounding into steps.
    # 100 examples in batches of 8: the last one has 4.
    program, model, *_ = both(
        lambda: dense(batch_norm=True, bias=bias), OPTIMISERS[name], compiler=compiler
    )
    assert distance(program.model, model) <= (0 if compiler == "graph" else 1e-6)


# In what order XLA sums a convolution depends on the processor: without AVX-512 it is 1.4e-6.
@pytest.mark.parametrize(
    ("compiler", "bound"), [("graph", 0), pytest.param("xla", 3e-6, marks=pytest.mark.slow)]
)
def test_a_small_convolutional_network_equals_fit(compiler, bound):
    program, model, *_ = both(
        cnn, OPTIMISERS["momentum"], compiler=compiler, epochs=4, shape=(8, 8, 1)
    )
    assert distance(program.model, model) <= bound


TUNED = {"batch_normalization": True, "pool_dropout": (0.2, 0.3), "dropout": 0.5, "l2": 0.01}
AUGMENTED = {"augmentation": ("horizontal-flip", "rotation-15", "shift-0.1")}


@pytest.mark.parametrize(
    "more",
    [
        pytest.param({}, id="naive"),
        pytest.param(TUNED, id="tuned", marks=pytest.mark.slow),
        pytest.param(AUGMENTED, id="augmented", marks=pytest.mark.slow),
        pytest.param(TUNED | AUGMENTED, id="both", marks=pytest.mark.slow),
    ],
)
def test_the_cnn_equals_fit_to_the_byte(more):
    # Dropout and augmentation draw what they draw in `fit`; the last batch has 4 examples of 8.
    program, model, sums, history, n = both(
        lambda: BUILDERS["cnn"]((10, 10, 1), CLASSES, filters=(3, 4), widths=(6, 5), **more),
        OPTIMISERS["adam"],
        compiler="graph",
        epochs=3,
        shape=(10, 10, 1),
    )
    assert distance(program.model, model) == 0
    assert sums[-1][0] / n == pytest.approx(history[-1]["loss"][0], rel=1e-5)
    moving = [weight for weight in model.weights if "moving" in weight.path]
    assert len(moving) == (8 if "l2" in more else 0)


def deep(activation):
    return lambda: BUILDERS["deep-mlp"](
        (6,), CLASSES, depth=20, width=10, first_width=12, activation=activation
    )


@pytest.mark.slow
def test_twenty_layers_in_graph_mode_equal_fit_to_the_byte():
    program, model, *_ = both(deep(("selu", "LeakyReLU")), OPTIMISERS["adam"], compiler="graph")
    assert distance(program.model, model) == 0


@pytest.mark.parametrize(
    ("activation", "name", "bound"),
    [
        pytest.param("LeakyReLU", "sgd", 1e-6, marks=pytest.mark.slow),
        pytest.param(("selu", "LeakyReLU"), "sgd", 1e-6, marks=pytest.mark.slow),
        pytest.param("LeakyReLU", "adam", 1e-4, marks=pytest.mark.slow),
    ],
)
def test_twenty_layers_under_xla_equal_fit_within_rounding(activation, name, bound):
    # Adam divides by the size of a gradient: where that is all rounding, so is the step.
    program, model, *_ = both(deep(activation), OPTIMISERS[name], compiler="xla")
    assert program.optimiser.iterations.numpy() == 104
    assert distance(program.model, model) <= bound


@pytest.mark.parametrize(
    ("compiler", "bound", "loss"),
    [
        ("graph", 0, "categorical_crossentropy"),
        pytest.param("graph", 0, "sparse_categorical_crossentropy", marks=pytest.mark.slow),
        pytest.param("xla", 1e-6, "categorical_crossentropy", marks=pytest.mark.slow),
        pytest.param("xla", 1e-6, "sparse_categorical_crossentropy", marks=pytest.mark.slow),
    ],
)
def test_smaller_batches_in_the_middle_of_an_epoch_train_as_in_fit(compiler, bound, loss):
    program, model, sums, history, n = both(
        dense, OPTIMISERS["adam"], compiler=compiler, loss=loss, order=ClassSequential()
    )
    assert distance(program.model, model) <= bound
    assert sums[-1][0] / n == pytest.approx(history[-1]["loss"][0], rel=1e-5)
    assert sums[-1][1] / n == pytest.approx(history[-1]["accuracy"][0], abs=1e-6)


@pytest.mark.slow
def test_dropout_in_graph_mode_draws_what_fit_draws():
    program, model, *_ = both(lambda: dense(dropout=0.5), OPTIMISERS["adam"], compiler="graph")
    assert distance(program.model, model) == 0


def test_dropout_under_xla_keeps_the_share_and_the_mean():
    program = Program(
        keras.Sequential(
            [layers.Input((1000,)), layers.Dropout(0.3), layers.Dense(2, activation="softmax")]
        ),
        keras.optimizers.SGD(),
        "sparse_categorical_crossentropy",
        2,
        "xla",
    )
    layer = program.model.layers[0]
    assert type(layer) is CountedDropout
    draw = tf.function(lambda x: layer(x, training=True), jit_compile=True)
    first, second = (draw(tf.ones((100, 1000))).numpy() for _ in range(2))
    # 100,000 draws: three standard errors of the share are .0043.
    assert np.mean(first == 0) == pytest.approx(0.3, abs=0.0045)
    assert np.unique(first).tolist() == [0, np.float32(1 / 0.7)]
    assert (first != second).mean() == pytest.approx(2 * 0.3 * 0.7, abs=0.01)
    assert abs(np.corrcoef(first[:, 0], first[:, 1])[0, 1]) < 0.4
    assert (layer(tf.ones((2, 1000)), training=False).numpy() == 1).all()


def test_evaluation_equals_keras_evaluate():
    x, y = data(n=90)
    keras.utils.set_random_seed(1)
    model = dense(l2="l2", dropout=0.5)
    for compiler in ("graph", "xla"):
        program = Program(
            keras.models.clone_model(model),
            keras.optimizers.SGD(),
            "sparse_categorical_crossentropy",
            CLASSES,
            compiler,
        )
        program.load(model, keras.optimizers.SGD())
        chosen = np.arange(5, 85, dtype=np.int32)
        look = program.predict(tf.constant(x), tf.constant(y.astype(np.int32)), chosen)
        model.compile(loss="sparse_categorical_crossentropy", metrics=["accuracy"])
        expected = model.evaluate(x[chosen], y[chosen], verbose=0)
        assert look.loss() == pytest.approx(expected[0], rel=1e-6)
        assert np.mean(look.classes == y[chosen]) == pytest.approx(expected[1])


def test_networks_with_large_outputs_are_evaluated_on_fewer_examples_at_a_time():
    # The first convolution's output is the largest: 28 x 28 x 64 numbers of 4 bytes. 2**26 bytes
    # hold 334 of them, in multiples of 64: 320.
    assert evaluated_at_a_time(BUILDERS["cnn"]((28, 28), CLASSES)) == 320
    # 96 x 96 x 64 x 4 bytes fit 28 times.
    assert evaluated_at_a_time(BUILDERS["cnn"]((96, 96, 3), CLASSES)) == 64
    assert evaluated_at_a_time(dense()) == 2000
    # Layers inside another model count: there 18 x 18 x 64 x 4 bytes, padded for the pool, fit 809
    # times.
    assert evaluated_at_a_time(BUILDERS["resnet50"]((32, 32, 3), CLASSES)) == 768


@pytest.mark.slow
def test_evaluation_in_several_pieces_equals_keras_evaluate():
    x, y = data(n=150, shape=(96, 96))
    model = BUILDERS["cnn"]((96, 96), CLASSES, filters=(64,), widths=(4,))
    program = Program(
        model, keras.optimizers.SGD(), "sparse_categorical_crossentropy", CLASSES, "graph"
    )
    chosen = np.arange(3, 140, dtype=np.int32)
    look = program.predict(tf.constant(x), tf.constant(y.astype(np.int32)), chosen)
    model.compile(loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    expected = model.evaluate(x[chosen], y[chosen], verbose=0)
    assert look.loss() == pytest.approx(expected[0], rel=1e-6)
    assert np.mean(look.classes == y[chosen]) == pytest.approx(expected[1])


def test_a_program_that_skips_a_step_would_be_noticed():
    # The comparison above must be able to fail: one batch fewer moves the weights.
    x, y = data()
    schedule = orders(y, 1, Shuffled())[0]
    short = Schedule(schedule.indices[:96], schedule.batch_sizes[:-1], *schedule[2:])
    keras.utils.set_random_seed(3)
    model = dense()
    loss = "sparse_categorical_crossentropy"
    program, _ = ours(model, OPTIMISERS["adam"](), loss, x, y, [short], "xla")
    fit(model, OPTIMISERS["adam"](), loss, x, y, [schedule])
    assert distance(program.model, model) > 1e-5


def test_xla_is_chosen_for_dense_networks_and_graph_mode_for_the_others():
    assert chosen_compiler(dense(dropout=0.5), "auto") == "xla"
    assert chosen_compiler(dense(batch_norm=True), "auto") == "graph"
    assert chosen_compiler(cnn(), "auto") == "graph"
    assert chosen_compiler(cnn(), "xla") == "xla"
    noisy = keras.Sequential([layers.Input((6,)), layers.GaussianNoise(0.1), layers.Dense(2)])
    assert chosen_compiler(noisy, "auto") == "graph"

    class Mine(layers.Dense):
        pass

    assert chosen_compiler(keras.Sequential([layers.Input((6,)), Mine(2)]), "auto") == "graph"
