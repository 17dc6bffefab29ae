"""What differs from a worker's settings in this process: refused, or in the fingerprint."""

import os
import subprocess
import sys
from dataclasses import replace

import keras
import pytest
import tensorflow as tf

from core import Recipe, Trainer, environment, fingerprint, spec
from core.training.in_force import check_worker, in_force
from core.training.settings import ONEDNN, PINNED, check_backend, worker_variables
from data import InputError, load

RECIPE = Recipe(
    dataset="digits", model=spec("mlp", widths=(4,)), preprocessing=("scale",), batch_size=500
)
REPLACED = {
    "floatx": ("float16", "float32"),
    "epsilon": (0.01, 1e-7),
    "image_data_format": ("channels_first", "channels_last"),
    "dtype_policy": ("mixed_bfloat16", "float32"),
}


def policy_for_all(input_shape, classes):
    """A network that leaves all others of its process in half precision."""
    keras.config.set_dtype_policy("mixed_bfloat16")
    return keras.Sequential(
        [
            keras.layers.Input(input_shape),
            keras.layers.Flatten(),
            keras.layers.Dense(classes, activation="softmax", dtype="float32"),
        ]
    )


@pytest.fixture(autouse=True)
def as_before():
    yield
    for name, (_, usual) in REPLACED.items():
        getattr(keras.config, f"set_{name}")(usual)


def test_a_worker_has_nothing_else_in_force():
    assert in_force() == {}
    check_worker()


def test_a_record_holds_what_is_in_force(monkeypatch):
    monkeypatch.setenv("TF_DETERMINISTIC_OPS", "1")
    record = Trainer().train(RECIPE, 0, load("digits"))
    assert record.environment == {**environment(), "variables": "TF_DETERMINISTIC_OPS=1"}


@pytest.mark.parametrize("name", REPLACED)
def test_keras_set_otherwise_for_all_networks_is_refused(name):
    received, usual = REPLACED[name]
    getattr(keras.config, f"set_{name}")(received)
    with pytest.raises(InputError, match=f"Received Keras.*{received}.*expected '?{usual}") as said:
        Trainer().check(RECIPE, load("digits"))
    assert "\n" not in str(said.value)
    with pytest.raises(InputError, match="Received Keras"):
        Trainer().train(RECIPE, 0, load("digits"))


def test_a_network_that_sets_keras_for_all_others_is_refused():
    with pytest.raises(InputError, match="dtype policy 'mixed_bfloat16'"):
        Trainer().check(replace(RECIPE, model=spec(policy_for_all)), load("digits"))


CALLS = {
    "eager": (tf.config.run_functions_eagerly, True, False),
    "jit": (tf.config.optimizer.set_jit, True, ""),
    "tf32": (tf.config.experimental.enable_tensor_float_32_execution, False, True),
    "graph options": (
        tf.config.optimizer.set_experimental_options,
        {"disable_meta_optimizer": True},
        {"disable_meta_optimizer": False},
    ),
}


@pytest.mark.parametrize("name", CALLS)
def test_what_a_call_to_tensorflow_changes_is_another_fingerprint(name):
    call, value, usual = CALLS[name]
    call(value)
    try:
        assert set(in_force()) == {name}
        with pytest.raises(InputError, match=f"Received code that changes {name}"):
            check_worker()
    finally:
        call(usual)
    assert in_force() == {}


@pytest.mark.parametrize(
    ("variable", "value", "entry"),
    [
        ("TF_ENABLE_ONEDNN_OPTS", "0", "variables"),
        ("ONEDNN_MAX_CPU_ISA", "SSE41", "variables"),
        ("NPY_DISABLE_CPU_FEATURES", "AVX2", "variables"),
        ("XLA_FLAGS", "--xla_cpu_enable_fast_math=true", "xla"),
    ],
)
def test_a_variable_is_in_the_fingerprint_of_a_process_that_is_no_worker(
    variable, value, entry, monkeypatch
):
    monkeypatch.setenv(variable, value)
    assert value in in_force()[entry]
    assert fingerprint({**environment(), **in_force()}) != fingerprint(environment())


def test_onednn_where_tensorflow_left_it_off_is_in_the_fingerprint(monkeypatch):
    monkeypatch.delenv(ONEDNN)
    monkeypatch.setattr("core.training.in_force.IsMklEnabled", lambda: False)
    assert in_force() == {"onednn": "False"}
    monkeypatch.setenv(ONEDNN, PINNED[ONEDNN])  # as in a worker, also where TensorFlow has none
    assert in_force() == {}


def test_threads_are_those_that_tensorflow_takes(monkeypatch):
    monkeypatch.setenv("TF_NUM_INTRAOP_THREADS", "3")
    assert in_force()["threads"] == "3"


def test_a_graphics_processor_is_in_the_fingerprint(monkeypatch):
    found = tf.config.PhysicalDevice("/physical_device:GPU:0", "GPU")
    monkeypatch.setattr(tf.config, "get_visible_devices", lambda kind: [found])
    monkeypatch.setattr(tf.config.experimental, "get_device_details", lambda device: {})
    assert in_force() == {"devices": "['/physical_device:GPU:0']"}


@pytest.mark.parametrize("variable", ["TF_CPP_MIN_LOG_LEVEL", "TF_CLI_CONFIG_FILE", "KERAS_HOME"])
def test_what_moves_no_number_is_neither_named_nor_removed(variable, monkeypatch):
    monkeypatch.setenv(variable, "0")
    assert in_force() == {}
    assert variable in worker_variables(os.environ)


def test_a_worker_is_started_with_the_same_variables_from_everywhere():
    mine = {"PATH": "/bin", "XLA_FLAGS": os.environ["XLA_FLAGS"]}
    odd = {"TF_ENABLE_ONEDNN_OPTS": "0", "KERAS_BACKEND": "jax", "CUDA_VISIBLE_DEVICES": "0"}
    assert worker_variables(mine | odd) == worker_variables(mine)
    assert worker_variables(mine).items() >= PINNED.items()


@pytest.mark.parametrize("variables", [{"KERAS_BACKEND": "jax"}, {"KERAS_HOME": "."}], ids=str)
def test_another_backend_is_refused_before_keras_is_imported(variables, tmp_path):
    (tmp_path / "keras.json").write_text('{"backend": "jax"}')
    code = (
        "import core\n"
        "try:\n    core.Trainer\n"
        "except Exception as error:\n    print(type(error).__name__, error)"
    )
    rest = {name: value for name, value in os.environ.items() if name != "KERAS_BACKEND"}
    said = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=rest | variables, text=True,
        capture_output=True, check=True,
    ).stdout  # fmt: skip
    assert said.startswith(
        "InputError Received Keras with the backend 'jax'; expected 'tensorflow'"
    )


def test_keras_that_was_imported_with_another_backend_is_refused(monkeypatch):
    check_backend()
    monkeypatch.setattr(keras.config, "backend", lambda: "torch")
    with pytest.raises(InputError, match="backend 'torch'"):
        check_backend()
