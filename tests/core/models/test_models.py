"""Networks by name: their parameters counted by hand, and what cannot be built refused."""

from itertools import pairwise

import numpy as np
import pytest

from core import HoldOut, Recipe, Trainer, spec
from core.models import BUILDERS
from core.training.build import fresh_model
from core.training.layers import chosen_compiler
from data import Dataset, InputError


def dense(*widths):
    """Kernels and biases of dense layers between these widths."""
    return sum((a + 1) * b for a, b in pairwise(widths))


def convolution(size, channels, filters):
    return (size * size * channels + 1) * filters


D6A = {
    "first pair": convolution(3, 1, 64) + convolution(3, 64, 64),
    "second pair": convolution(3, 64, 128) + convolution(3, 128, 128),
    "third pair": convolution(3, 128, 256) + convolution(3, 256, 256),
    # 28, less 2, halved: 13; less 2, halved: 5; less 2, halved: 1.
    "dense": dense(1 * 1 * 256, 1024, 512, 10),
}
# A normalisation has scale, shift, moving mean and moving variance for each channel.
TUNED = {
    "batch_normalization": True,
    "pool_dropout": (0.125, 0.25, 0.5),
    "dropout": 0.5,
    "l2": 0.01,
}
ALEXNET = {
    "11 x 11": convolution(11, 3, 96) + 4 * 96,
    "5 x 5": convolution(5, 96, 256) + 4 * 256,
    "3 x 3": convolution(3, 256, 384) + 4 * 384,
    "second 3 x 3": convolution(3, 384, 384) + 4 * 384,
    "third 3 x 3": convolution(3, 384, 256) + 4 * 256,
    # 32, a quarter: 8; halved by three pools: 1.
    "dense": dense(1 * 1 * 256, 4096, 4096, 1000, 10) + 4 * (4096 + 4096 + 1000 + 10),
}


def lenet(channels):
    # Both 28 x 28 and 32 x 32 leave 14 x 14 after the first pool and 5 x 5 after the second.
    return convolution(5, channels, 6) + convolution(5, 6, 16) + dense(5 * 5 * 16, 120, 84, 10)


def resnet50(channels):
    """The convolutions with a bias and a normalisation each: the stem, then 3, 4, 6, 3 blocks."""

    def normalised(size, inputs, filters):
        return convolution(size, inputs, filters) + 4 * filters

    total, inputs = normalised(7, channels, 64), 64
    for filters, blocks in ((64, 3), (128, 4), (256, 6), (512, 3)):
        total += normalised(1, inputs, 4 * filters)  # the first block's way around
        for _ in range(blocks):
            total += normalised(1, inputs, filters) + normalised(3, filters, filters)
            total += normalised(1, filters, 4 * filters)
            inputs = 4 * filters
    return total


GREY, COLOUR = (28, 28), (32, 32, 3)
COUNTS = {
    "A1": ("linear", {}, GREY, dense(784, 10), 7_850),
    "D2 as coded": ("mlp", {"widths": (10,)}, GREY, dense(784, 10, 10), 7_960),
    "A2": ("mlp", {"widths": (100,)}, GREY, dense(784, 100, 10), 79_510),
    "B1": ("mlp", {"widths": (300, 100)}, GREY, dense(784, 300, 100, 10), 266_610),
    "B2": ("deep-mlp", {}, GREY, dense(784, 300, *[100] * 60, 10), 862_510),
    "C1": ("mlp", {"widths": (100, 100)}, (10,), dense(10, 100, 100, 3), 11_503),
    "C2": ("mlp", {"widths": (150, 100), "dropout": 0.5}, GREY, dense(784, 150, 100, 10), 133_860),
    "normalised": (
        "mlp",
        {"widths": (20, 10), "batch_normalization": True},
        (6,),
        dense(6, 20, 10, 10) + 4 * (20 + 10),
        580,
    ),
    "GDumb": (
        "normalised-mlp",
        {"widths": (400, 400)},
        GREY,
        784 * 400 + 400 * 400 + 400 * 10 + 4 * (400 + 400 + 10),
        480_840,
    ),
    "D6a": ("cnn", {}, GREY, sum(D6A.values()), 1_937_354),
    "D6b": ("cnn", TUNED, GREY, sum(D6A.values()) + 4 * 2 * (64 + 128 + 256), 1_940_938),
    "LeNet": ("lenet", {}, GREY, lenet(1), 61_706),
    "LeNet 32 x 32": ("lenet", {}, (32, 32), lenet(1), 61_706),
    "LeNet in colour": ("lenet", {}, COLOUR, lenet(3), 62_006),
    "AlexNet": ("alexnet", {}, COLOUR, sum(ALEXNET.values()), 25_730_506),
    "ResNet50": ("resnet50", {}, COLOUR, resnet50(3) + dense(2048, 512, 10), 24_641_930),
}


@pytest.mark.parametrize(("name", "parameters", "shape", "by_hand", "stated"), COUNTS.values(),
                         ids=COUNTS)  # fmt: skip
def test_a_network_has_as_many_parameters_as_counted_by_hand(
    name, parameters, shape, by_hand, stated
):
    classes = 3 if shape == (10,) else 10
    assert by_hand == stated
    assert BUILDERS[name](shape, classes, **parameters).count_params() == stated


SMALL = {
    "linear": {},
    "mlp": {"widths": (8,), "dropout": 0.1},
    "deep-mlp": {"depth": 3, "width": 4, "first_width": 5},
    "normalised-mlp": {"widths": (8,)},
    "cnn": {"filters": (2, 3), "widths": (5,)},
    "lenet": {},
    "lenet-inside": {},
    "squeezed-lenet": {},
    "alexnet": {"filters": (2, 3, 3, 3, 2), "widths": (5, 5, 4)},
    "resnet50": {"width": 3},
}


@pytest.mark.parametrize("name", BUILDERS)
def test_xla_compiles_dense_networks_and_graph_mode_those_with_convolutions(name):
    shape = (32, 32, 3) if name == "squeezed-lenet" else (32, 32)
    model = BUILDERS[name](shape, 10, **SMALL[name])
    dense_alone = name in ("linear", "mlp", "deep-mlp")
    assert chosen_compiler(model, "auto") == ("xla" if dense_alone else "graph")


def test_batch_normalisation_means_graph_mode():
    model = BUILDERS["mlp"]((6,), 10, widths=(8,), batch_normalization=True)
    assert chosen_compiler(model, "auto") == "graph"


@pytest.mark.parametrize(
    "name", ["cnn", "lenet", "alexnet", pytest.param("resnet50", marks=pytest.mark.slow)]
)
def test_images_without_a_channel_get_one(name):
    with_axis = BUILDERS[name]((32, 32, 1), 10, **SMALL[name])
    without = BUILDERS[name]((32, 32), 10, **SMALL[name])
    without.set_weights(with_axis.get_weights())
    x = np.random.default_rng(0).normal(size=(2, 32, 32)).astype(np.float32)
    assert np.array_equal(without(x), with_axis(x[..., None]))


def layers_of(model, kind):
    return [layer for layer in model.layers if type(layer).__name__ == kind]


def test_the_tuned_network_has_its_regularisers_where_the_notebook_has_them():
    model = BUILDERS["cnn"]((28, 28), 10, **TUNED)
    shares = [layer.rate for layer in layers_of(model, "Dropout")]
    assert shares == [0.125, 0.25, 0.5, 0.5, 0.5]
    penalised = [layer.kernel_regularizer for layer in layers_of(model, "Conv2D")]
    penalised += [layer.kernel_regularizer for layer in layers_of(model, "Dense")[:-1]]
    assert len(penalised) == 8
    assert all(float(each.l2) == pytest.approx(0.01) for each in penalised)
    assert layers_of(model, "Dense")[-1].kernel_regularizer is None


def test_alexnet_starts_kernels_and_biases_alike_and_normalises_before_every_activation():
    start = {"kernel_initializer": "ones", "bias_initializer": "ones", "l2": 0.5}
    model = BUILDERS["alexnet"]((32, 32, 3), 10, **SMALL["alexnet"], **start)
    weighted = layers_of(model, "Conv2D") + layers_of(model, "Dense")
    assert len(weighted) == 9
    assert all((weight == 1).all() for layer in weighted for weight in layer.get_weights())
    # Half the sum of squares, all of them 1.
    assert float(sum(model.losses)) == sum(w.size for x in weighted for w in x.get_weights()) / 2
    kinds = [type(layer).__name__ for layer in model.layers]
    before = [kinds[i - 1] for i, kind in enumerate(kinds) if kind == "Activation"]
    assert before == ["BatchNormalization"] * 9
    assert [layer.rate for layer in layers_of(model, "Dropout")] == [0.4] * 3


def recipe(name, **parameters):
    return Recipe(dataset="noise", model=spec(name, **parameters), split=HoldOut(size=0), epochs=1)


def noise(*shape):
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(20, *shape)).astype(np.float32), np.arange(20) % 10
    parts = {"x_train": x, "y_train": y, "x_test": x[:10], "y_test": y[:10]}
    return Dataset.from_arrays("noise", parts)


IMAGES = "expected images for this network"
WRONG = {
    "pools of the cnn": ("cnn", {}, (21, 28), "images of 21 x 28; expected at least 22 x 22"),
    "pools of a deeper cnn": (
        "cnn",
        {"filters": (2,) * 4},
        (45, 45),
        "images of 45 x 45; expected at least 46 x 46",
    ),
    "pools of lenet": ("lenet", {}, (11, 11), "images of 11 x 11; expected at least 12 x 12"),
    "resnet50": ("resnet50", {}, (28, 28), "images of 28 x 28; expected at least 32 x 32"),
    "no images": ("cnn", {}, (10,), IMAGES),
    "films": ("lenet", {}, (3, 32, 32, 3), IMAGES),
    "proportions": (
        "cnn",
        {"pool_dropout": (0.1,)},
        (28, 28),
        "(0.1,) for 3 pools; expected one fraction",
    ),
    "filters": ("alexnet", {"filters": (9, 9)}, (32, 32), "2 numbers of filters; expected 5"),
    "activation": ("mlp", {"widths": (8,), "activation": "rleu"}, (6,), "activation 'rleu'; exp"),
    "activation's case": (
        "deep-mlp",
        {"activation": "LeakyRelu"},
        (6,),
        "activation 'LeakyRelu'; expected a Keras activation by its name, such as relu, or one of "
        "the layers ELU, LeakyReLU",
    ),
    "a layer that is no activation": (
        "cnn",
        {"activation": ("relu", "Dense")},
        (28, 28),
        "activation 'Dense'; expected",
    ),
    "no name": ("mlp", {"widths": (8,), "activation": 3}, (6,), "activation 3; expected"),
    "initialiser": ("alexnet", {"bias_initializer": "onse"}, (32, 32), "onse"),
    "penalty": ("cnn", {"l2": -1.0}, (28, 28), "expected a non-negative float"),
    "share": ("cnn", {"dropout": 1.5}, (28, 28), "1.5"),
}


@pytest.mark.parametrize(("name", "parameters", "shape", "said"), WRONG.values(), ids=WRONG)
def test_a_network_that_cannot_be_built_is_refused_in_one_line(name, parameters, shape, said):
    with pytest.raises(InputError) as caught:
        Trainer().check(recipe(name, **parameters), noise(*shape))
    assert said in str(caught.value)
    assert str(caught.value).startswith("Received")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "smallest"),
    [("cnn", 10), ("lenet", 12), pytest.param("resnet50", 32, marks=pytest.mark.slow)],
)
def test_the_smallest_image_is_one(name, smallest):
    assert fresh_model(recipe(name, **SMALL[name]), 0, noise(smallest, smallest))


def test_the_smallest_image_of_the_whole_cnn_is_one():
    assert fresh_model(recipe("cnn"), 0, noise(22, 22))


@pytest.mark.parametrize("name", ["mlp", "deep-mlp", "cnn", "lenet", "alexnet"])
def test_the_seed_decides_the_weights(name):
    data = noise(32, 32)
    again, first, other = (
        fresh_model(recipe(name, **SMALL[name]), seed, data).get_weights() for seed in (4, 4, 5)
    )
    assert all(np.array_equal(a, b) for a, b in zip(again, first, strict=True))
    assert not all(np.array_equal(a, b) for a, b in zip(first, other, strict=True))


def test_the_tuned_network_starts_from_the_naive_one_s_weights():
    small = {"filters": (2, 3), "widths": (5,)}
    tuned = {"batch_normalization": True, "pool_dropout": (0.1, 0.2), "dropout": 0.5, "l2": 0.01}
    naive, other = (
        fresh_model(recipe("cnn", **small, **more), 3, noise(28, 28)) for more in ({}, tuned)
    )
    for kind in ("Conv2D", "Dense"):
        for a, b in zip(layers_of(naive, kind), layers_of(other, kind), strict=True):
            assert np.array_equal(a.get_weights()[0], b.get_weights()[0])


@pytest.mark.parametrize("side", [32, 96])
def test_a_lenet_behind_six_convolutions_is_the_one_of_mnist(side):
    squeezed = BUILDERS["squeezed-lenet"]((side, side, 3), 10)
    inside = BUILDERS["lenet-inside"]((28, 28), 10)
    first, last = convolution(3, 3, 8), convolution(3, 8, 1)
    assert squeezed.count_params() == first + 4 * convolution(3, 8, 8) + last + 61_706
    shapes = [[w.shape for w in m.get_layer("lenet").weights] for m in (squeezed, inside)]
    assert shapes[0] == shapes[1]


def test_grey_images_are_brought_to_the_form_of_photographs():
    model = BUILDERS["lenet-inside"]((28, 28), 10, like=(32, 32, 3))
    core = model.get_layer("lenet")
    assert core.input_shape == (None, 32, 32, 3)
    assert core.count_params() == 62_006
    image = np.random.default_rng(0).random((1, 28, 28)).astype(np.float32)
    seen = image
    for layer in model.layers[:-1]:
        seen = layer(seen)
    assert np.ptp(np.asarray(seen), axis=-1).max() == 0
    # The channels are not learned: what is trained is the LeNet alone.
    assert sum(np.prod(w.shape) for w in model.trainable_weights) == 62_006
