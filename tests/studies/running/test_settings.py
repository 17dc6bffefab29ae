"""A user's own settings, and a run that a worker process does: the same bytes, or one line."""

import json
from pathlib import Path

import pytest

from core import Recipe, Trainer, environment, spec
from data import load
from studies.running.executor import Event, Job, in_processes
from tests.studies.conftest import in_a_process

CONVOLUTIONS = spec("cnn", filters=(4,), widths=())
"""A dense network would not show how images lie."""
RECIPE = Recipe(
    dataset="digits", model=CONVOLUTIONS, preprocessing=("scale",), batch_size=100, epochs=1
)
VARIABLES = {
    "TF_ENABLE_ONEDNN_OPTS": "0",
    "TF_DETERMINISTIC_OPS": "1",
    "TF_CUDNN_DETERMINISTIC": "1",
    "TF_XLA_FLAGS": "--tf_xla_auto_jit=2",
    "TF_NUM_INTRAOP_THREADS": "2",
    "TF_NUM_INTEROP_THREADS": "2",
    "TF_USE_LEGACY_KERAS": "1",
    "ONEDNN_MAX_CPU_ISA": "SSE41",
    "DNNL_MAX_CPU_ISA": "AVX",
    "ONEDNN_DEFAULT_FPMATH_MODE": "BF16",
    "OMP_NUM_THREADS": "2",
    "MKL_CBWR": "COMPATIBLE",
    "OPENBLAS_CORETYPE": "Prescott",
    "NPY_DISABLE_CPU_FEATURES": "AVX2 FMA3",
    "NVIDIA_TF32_OVERRIDE": "0",
    "KERAS_BACKEND": "jax",
    "KERAS_NNX_ENABLED": "true",
}
FILE = {
    "image_data_format": "channels_first",
    "floatx": "float64",
    "epsilon": 0.01,
    "backend": "torch",
    "nnx_enabled": True,
}
"""What stands in `keras.json`."""
MATRIX = [
    *(({name: value}, {}) for name, value in VARIABLES.items()),
    *(({}, {name: value}) for name, value in FILE.items()),
    ({}, {"floatx": "float16"}),
]


@pytest.fixture
def settings(tmp_path, monkeypatch):
    """Give this process, as a user's shell, variables and a `keras.json`."""

    def give(variables: dict[str, str], file: dict) -> None:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        usual = {"floatx": "float32", "epsilon": 1e-7, "image_data_format": "channels_last"}
        (tmp_path / "keras.json").write_text(json.dumps(usual | file))
        monkeypatch.setenv("KERAS_HOME", str(tmp_path))

    return give


def run_by_a_worker() -> Event:
    data = (load("digits").checksum,)
    job = Job(
        key=RECIPE.key(0, *data), study="mine", variant="full", condition="a", seed=0,
        recipe=RECIPE, data=data, together={"a": RECIPE},
    )  # fmt: skip
    with in_processes([job], workers=1, logs=Path("logs")) as events:
        return list(events)[-1]


@pytest.fixture(scope="module")
def undisturbed() -> str:
    """The digest of the run in this process, which has a worker's settings."""
    return Trainer().train(RECIPE, 0, load("digits")).digest()


def test_all_settings_at_once_leave_a_workers_bytes_as_they_are(settings, undisturbed):
    settings(VARIABLES, FILE)
    _, kind, record = run_by_a_worker()
    assert kind == "record"
    assert (record.digest(), record.environment) == (undisturbed, environment())


@pytest.mark.slow
@pytest.mark.parametrize(("variables", "file"), MATRIX, ids=str)
def test_a_setting_leaves_a_workers_bytes_as_they_are(variables, file, settings, undisturbed):
    settings(variables, file)
    _, kind, record = run_by_a_worker()
    assert kind == "record"
    assert (record.digest(), record.environment) == (undisturbed, environment())


@pytest.mark.slow
@pytest.mark.parametrize("file", [{"floatx": "bfloat16"}, {"epsilon": 1}], ids=str)
def test_a_file_that_keras_itself_refuses_is_named_in_one_line(file, settings, tmp_path):
    settings({}, file)
    _, kind, (condition, line) = run_by_a_worker()
    assert (kind, condition) == ("refused", "a")
    assert line.startswith("Received Keras, which cannot be imported (")
    assert line.endswith(f"look at {tmp_path}/keras.json, or remove it.")


STUDY = """
import os
{}
from core import Recipe, spec
from studies import Study

recipe = Recipe(dataset="digits", model=spec("mlp", widths=(8,)), epochs=1)
study = Study(name="own-settings", question="Whose are they?", conditions={{"a": recipe}}, seeds=1)
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ("import keras; keras.config.set_image_data_format('channels_first')", "channels_first"),
        ("import keras; keras.config.set_dtype_policy('mixed_float16')", "mixed_float16"),
        ("import tensorflow as tf; tf.config.optimizer.set_jit(True)", "jit"),
        ("os.environ['TF_ENABLE_ONEDNN_OPTS'] = '0'", "TF_ENABLE_ONEDNN_OPTS=0"),
    ],
)
def test_settings_that_a_study_file_makes_are_refused_before_anything_trains(lines, said, tmp_path):
    (tmp_path / "own.py").write_text(STUDY.format(lines))
    call = in_a_process("run", "own.py", "--dry-run", folder=tmp_path)
    last = call.err.splitlines()[-1]  # TensorFlow, which the file imports, says more before
    assert (call.status, call.out) == (2, "")
    assert last.startswith("ebb: own-settings, a: Received ")
    assert said in last
