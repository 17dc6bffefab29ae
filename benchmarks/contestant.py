"""One way of training, timed epoch by epoch in a process of its own.

`python -m benchmarks.contestant c3 notebook 3` prints the seconds of 3 epochs after a first one,
as JSON; of several of Ebb's own with commas between, the processor seconds of each. The ways:
`notebook`, as the notebooks do it; `fit`, `fit-xla` and `fit-data`, Keras' `fit` as fast as it can
be set, the last one from a prefetched `tf.data` pipeline; `ebb`, on one thread;
`ebb-labels`, `ebb-noise`, `ebb-reservoir`, `ebb-herding`, the same with label noise, new input
noise every epoch, or a replay buffer that fills half of each batch; `ebb-graph` and
`ebb-bfloat16`, in graph mode and in mixed_bfloat16. `split` is two tasks of five
classes, with `ebb-l2`, `ebb-ewc`, `ebb-mas`, `ebb-si` for a penalty; `importance predicted`,
`exact` and `outputs` are passes over 12,000 examples. `memory` is five tasks of two classes, with
`ebb-der++` and `ebb-agem`, and `ebb-384` and `ebb-256` for plain training in batches of as many
rows; `small` is the same network, with `ebb-maps` in permuted tasks.
"""

import json
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from core import (
    AGEM,
    DER,
    EWC,
    MAS,
    SI,
    ClassSequential,
    Domains,
    EvaluationPlan,
    GaussianNoise,
    HoldOut,
    L2Penalty,
    Recipe,
    Replay,
    Shuffled,
    SymmetricLabelNoise,
    Tasks,
    spec,
)
from core.models.alexnet import alexnet
from data import Dataset

# MNIST's own class sizes; the pixels are random: an epoch's time does not depend on them.
TRAIN_COUNTS = (5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949)
TEST_COUNTS = (980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009)
# Of the networks whose epoch is long, a part of one.
PART = {"deep": 6_400, "cnn": 640, "alexnet": 160}
STEPS_PER_EXECUTION = {"c3": 108, "a3": 125, "deep": 100, "cnn": 5, "alexnet": 5}
BATCH = {"c3": 100, "a3": 32, "deep": 32, "cnn": 128, "alexnet": 32}
Clock = Callable[[], float]
PASS = 12_000
"""Examples of a task of Split MNIST, about."""

SMALL_EPOCHS = 9
"""Of the network `small`: one for each permuted task, the first of which is not timed."""

# What each way adds to a plain epoch.
ADDITIONS: dict[str, dict[str, Any]] = {
    "ebb": {},
    "ebb-graph": {"compiler": "graph"},
    "ebb-bfloat16": {"precision": "mixed_bfloat16"},
    "ebb-labels": {"label_noise": SymmetricLabelNoise(0.2)},
    "ebb-noise": {"input_noise": GaussianNoise(standard_deviation=0.1, when="every-epoch")},
    "ebb-reservoir": {"replay": Replay(capacity=2000, fraction=0.5)},
    "ebb-herding": {"replay": Replay(buffer="herding", capacity=2000, fraction=0.5)},
    "ebb-maps": {"order": Domains(kind="permuted", number=SMALL_EPOCHS)},
    "ebb-l2": {"strategy": L2Penalty(strength=0.01)},
    "ebb-ewc": {"strategy": EWC(strength=100, fisher="predicted")},
    "ebb-si": {"strategy": SI(strength=300)},
    "ebb-mas": {"strategy": MAS(strength=1)},
    "ebb-256": {"batch_size": 256},
    "ebb-384": {"batch_size": 384},
    "ebb-der++": {
        "replay": Replay(capacity=500, mode="add"),
        "strategy": DER(alpha=0.5, beta=0.5),
    },
    "ebb-agem": {
        "replay": Replay(capacity=500, buffer="task-balanced", mode="add"),
        "strategy": AGEM(),
    },
}


def images() -> dict[str, np.ndarray]:
    """Data of MNIST's shape and class sizes."""
    rng = np.random.default_rng(0)
    parts = {}
    for name, counts in (("train", TRAIN_COUNTS), ("test", TEST_COUNTS)):
        y = rng.permutation(np.repeat(np.arange(10), counts))
        x = rng.integers(0, 256, (len(y), 28, 28), dtype=np.uint8)
        x[:, 0, :10] = np.where(np.arange(10) == y[:, None], 255, 0)  # something to learn
        parts |= {f"x_{name}": x, f"y_{name}": y}
    return parts


def model(network: str):
    # Keras is imported in functions here and below: not in the process that starts contestants,
    # and not before Ebb's own way has set its flags.
    import keras
    from keras import layers

    if network == "c3":
        stack = [
            layers.Dense(150, activation="relu"),
            layers.Dropout(0.5),
            layers.Dense(100, activation="relu"),
            layers.Dropout(0.5),
        ]
        return keras.Sequential(
            [layers.Input((784,)), *stack, layers.Dense(10, activation="softmax")]
        ), keras.optimizers.Adam(1e-3)
    if network == "deep":
        stack = [layers.Input((784,))]
        for width in (300, *[100] * 60):
            stack += [layers.Dense(width, kernel_initializer="he_normal"), layers.LeakyReLU()]
        return keras.Sequential(
            [*stack, layers.Dense(10, activation="softmax")]
        ), keras.optimizers.SGD(1e-3)
    if network == "cnn":
        stack = [layers.Input((28, 28, 1))]
        for filters in (64, 128, 256):
            for padding in ("same", "valid"):
                stack.append(layers.Conv2D(filters, 3, padding=padding, activation="relu"))
            stack.append(layers.MaxPooling2D())
        stack += [layers.Flatten()]
        stack += [layers.Dense(width, activation="relu") for width in (1024, 512)]
        return keras.Sequential(
            [*stack, layers.Dense(10, activation="softmax")]
        ), keras.optimizers.Adam(1e-4)
    if network == "alexnet":
        return alexnet((28, 28, 1), 10), keras.optimizers.Adam(1e-4)
    start = {"kernel_initializer": "random_normal", "bias_initializer": "random_normal"}
    return keras.Sequential(
        [
            layers.Input((784,)),
            layers.Dense(100, activation="relu", **start),
            layers.Dense(10, activation="softmax", **start),
        ]
    ), keras.optimizers.Adam(1e-5)


def arrays(network: str) -> tuple[np.ndarray, np.ndarray]:
    """The training part, flat, as the notebook feeds it: C3 without the last of each class."""
    import keras  # see `model`

    parts = images()
    x = parts["x_train"].reshape(-1, 784).astype(np.float32)
    y = parts["y_train"]
    if network == "c3":
        x /= 255
        x -= x.mean(axis=0)
        chosen = [np.flatnonzero(y == c) for c in range(10)]
        kept = np.concatenate([c[: int(len(c) * 0.9)] for c in chosen])
        x, y = x[kept], y[kept]
    if network in PART:
        x, y = x[: PART[network]] / 255, y[: PART[network]]
    if network in ("cnn", "alexnet"):
        x = x.reshape(-1, 28, 28, 1)
    return x, keras.utils.to_categorical(y, 10)


def epoch_of(network: str, way: str) -> Callable[[], None]:
    """A function that trains one epoch with Keras' `fit`."""
    x, y = arrays(network)
    net, optimiser = model(network)
    loss = "categorical_crossentropy"
    if way == "notebook":
        net.compile(optimizer=optimiser, loss=loss, metrics=["accuracy"])
        if network != "c3":
            return lambda: net.fit(x, y, batch_size=BATCH[network], epochs=1, verbose=0)
        classes = [(x[y[:, c] == 1], y[y[:, c] == 1]) for c in range(10)]

        def by_class() -> None:
            for x_class, y_class in classes:
                net.fit(x_class, y_class, batch_size=100, epochs=1, verbose=0)

        return by_class
    # C3 sorted by class in one array: what a tuned `fit` can do without a call for each class.
    net.compile(
        optimizer=optimiser,
        loss=loss,
        metrics=["accuracy"],
        jit_compile=way == "fit-xla",
        steps_per_execution=STEPS_PER_EXECUTION[network],
    )
    size = BATCH[network]
    if way == "fit-data":
        import tensorflow as tf  # see `model`

        source = tf.data.Dataset.from_tensor_slices((x, y)).cache()
        if network != "c3":
            source = source.shuffle(len(x))
        source = source.batch(size).prefetch(tf.data.AUTOTUNE)
        return lambda: net.fit(source, epochs=1, verbose=0)
    return lambda: net.fit(x, y, batch_size=size, epochs=1, verbose=0, shuffle=network != "c3")


def by_fit(network: str, way: str, epochs: int) -> list[float]:
    one_epoch = epoch_of(network, way)
    one_epoch()
    seconds = []
    for _ in range(epochs):
        start = time.perf_counter()
        one_epoch()
        seconds.append(time.perf_counter() - start)
    return seconds


def recipe(network: str, epochs: int, addition: dict[str, Any]) -> Recipe:
    """The recipe of a network, with a corruption or a replay buffer if one is given."""
    common = {"dataset": "images", "epochs": epochs, "evaluation": EvaluationPlan(sets=())}
    common |= {"loss": "categorical_crossentropy", **addition}
    if network == "c3":
        return Recipe(
            **common,
            model=spec("mlp", widths=(150, 100), dropout=0.5),
            optimiser=spec("Adam", learning_rate=1e-3),
            split=HoldOut(size=0.1, where="last-of-each-class"),
            preprocessing=("scale", "subtract-mean-image"),
            order=ClassSequential(),
            batch_size=100,
        )
    if network == "split":
        halves = (tuple(range(5)), tuple(range(5, 10)))
        return Recipe(
            **common | {"loss": "sparse_categorical_crossentropy"},
            model=spec("mlp", widths=(400, 400)),
            optimiser=spec("Adam"),
            preprocessing=("scale",),
            order=Tasks(groups=halves, epochs_each=epochs // 2),
            batch_size=128,
        )
    if network == "memory":
        pairs = tuple((i, i + 1) for i in range(0, 10, 2))
        return Recipe(
            **{"batch_size": 128, **common, "loss": "sparse_categorical_crossentropy"},
            model=spec("mlp", widths=(100, 100)),
            optimiser=spec("SGD", learning_rate=0.1),
            preprocessing=("scale",),
            order=Tasks(groups=pairs, epochs_each=epochs // len(pairs)),
        )
    if network == "small":
        return Recipe(
            **{"order": Shuffled(), **common, "loss": "sparse_categorical_crossentropy"},
            model=spec("mlp", widths=(100, 100)),
            optimiser=spec("SGD", learning_rate=0.1),
            preprocessing=("scale",),
            batch_size=128,
        )
    if network in PART:
        deep = network == "deep"
        return Recipe(
            **common,
            model=spec("deep-mlp" if deep else network),
            optimiser=spec("SGD", learning_rate=1e-3) if deep else spec("Adam", learning_rate=1e-4),
            preprocessing=("scale",),
            order=Shuffled(),
            batch_size=BATCH[network],
        )
    start = {"kernel_initializer": "random_normal", "bias_initializer": "random_normal"}
    return Recipe(
        **common,
        model=spec("mlp", widths=(100,), **start),
        optimiser=spec("Adam", learning_rate=1e-5),
        order=Shuffled(),
        batch_size=32,
    )


def by_ebb(network: str, way: str, epochs: int, clock: Clock) -> list[float]:
    from core import Trainer  # see `model`

    addition = ADDITIONS[way]
    arrays = images()
    if network in PART:
        arrays |= {name: arrays[name][: PART[network]] for name in ("x_train", "y_train")}
    ends: list[float] = []
    Trainer().train(
        recipe(network, epochs + 1, addition),
        seed=0,
        dataset=Dataset.from_arrays("images", arrays),
        progress=lambda _: ends.append(clock()),
    )
    # With half of each batch replayed an epoch shows twice as many examples; DER++ draws twice.
    draws = addition["strategy"].draws if "strategy" in addition else 1
    shown = 1 + draws * ("replay" in addition)
    return (np.diff(ends) / shown).tolist()


def importances(kind: str, passes: int, clock: Clock) -> list[float]:
    """Seconds for the importances of `PASS` examples of the network of `split`."""
    import tensorflow as tf  # see `model`

    from core.training.build import fresh_model
    from core.training.importance import Importance

    data = Dataset.from_arrays("images", images())
    model = fresh_model(recipe("split", 2, ADDITIONS["ebb-ewc"]), 0, data)
    importance, rng = Importance(model), np.random.default_rng(0)
    x = tf.constant(data.x_train[:PASS].astype(np.float32) / 255)
    y = tf.constant(data.y_train[:PASS].astype(np.int32))
    shown, masks = np.arange(PASS, dtype=np.int32), np.zeros((PASS, 10), dtype=np.float32)
    seconds = []
    for _ in range(passes + 1):
        start = clock()
        importance(kind, x, y, shown, masks, rng)
        seconds.append(clock() - start)
    return seconds[1:]


def products(epochs: int) -> list[float]:
    """Seconds for a float32 matrix product of 2048 x 2048 x 2048 on one thread."""
    import tensorflow as tf  # see `model`

    a = tf.random.stateless_uniform((2048, 2048), seed=(0, 0))
    seconds = []
    for _ in range(epochs + 1):
        start = time.perf_counter()
        float(tf.matmul(a, a)[0, 0])
        seconds.append(time.perf_counter() - start)
    return seconds[1:]


def timed(network: str, way: str, count: int, clock: Clock) -> list[float]:
    """Seconds of so many epochs, passes or products."""
    if network == "product":
        return products(count)
    if network == "importance":
        return importances(way, count, clock)
    if way.startswith("ebb"):
        return by_ebb(network, way, count, clock)
    return by_fit(network, way, count)


if __name__ == "__main__":
    network, ways, count = sys.argv[1], sys.argv[2].split(","), int(sys.argv[3])
    # Ways in turns have one thread: their processor time is not that of what else runs meanwhile.
    clock = time.process_time if len(ways) > 1 else time.perf_counter
    print(json.dumps({way: timed(network, way, count, clock) for way in ways}))
