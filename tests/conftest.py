"""TensorFlow as the workers use it: one thread, no accelerator, Keras on TensorFlow."""

import os

os.environ.update(
    KERAS_BACKEND="tensorflow", CUDA_VISIBLE_DEVICES="-1", TF_CPP_MIN_LOG_LEVEL="3"
)
os.environ.pop("EBB_STORE", None)
