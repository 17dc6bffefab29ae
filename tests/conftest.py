"""TensorFlow as the workers use it: one thread, no accelerator, Keras on TensorFlow."""

import os
import sys

import pytest
from hypothesis import settings

from core.training import environment
from core.training.settings import worker_variables

# Before NumPy and TensorFlow read them: what a machine sets for all its programs is left out.
assert "numpy" not in sys.modules
as_a_worker = worker_variables(os.environ) | {"TF_CPP_MIN_LOG_LEVEL": "3"}
os.environ.clear()
os.environ.update(as_a_worker)
os.environ.pop("EBB_STORE", None)

# Speed is measured in benchmarks, never asserted; and a test that failed must fail again.
settings.register_profile("ebb", deadline=None, derandomize=True)
settings.load_profile("ebb")


@pytest.fixture
def asked_anew():
    """This machine is asked anew what it is, in the test and after it."""
    caches = (environment._cards, environment.environment, environment.made_here)
    for each in caches:
        each.cache_clear()
    yield
    for each in caches:
        each.cache_clear()
