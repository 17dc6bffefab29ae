"""TensorFlow as the workers use it: one thread, no accelerator, Keras on TensorFlow."""

import os

from hypothesis import settings

from core.training.environment import xla_flags

os.environ.update(
    KERAS_BACKEND="tensorflow",
    CUDA_VISIBLE_DEVICES="-1",
    TF_CPP_MIN_LOG_LEVEL="3",
    TF_NUM_INTRAOP_THREADS="1",
    TF_NUM_INTEROP_THREADS="1",
    XLA_FLAGS=xla_flags(),
)
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.pop("EBB_STORE", None)

# Speed is measured in benchmarks, never asserted; and a test that failed must fail again.
settings.register_profile("ebb", deadline=None, derandomize=True)
settings.load_profile("ebb")
