import contextlib
import os

import pytest


@pytest.fixture(autouse=True, scope="session")
def one_thread():
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    import tensorflow as tf

    # Where other tests have used TensorFlow before, its environment variables have said so.
    with contextlib.suppress(RuntimeError):
        tf.config.threading.set_intra_op_parallelism_threads(1)
        tf.config.threading.set_inter_op_parallelism_threads(1)
