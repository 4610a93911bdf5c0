"""Converts a function to a TFLite file, for tests that need a small network."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray


def convert(
    compute: Callable[[Any, Any], Any], samples: NDArray[np.float32], int8: bool = True
) -> bytes:
    """Return the network that computes `compute(tf, x)` for an input `x` of shape (1, ...).

    `samples` of shape (n, ...) are examples of the input, which set the int8 ranges.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of TensorFlow itself
        import tensorflow as tf

        @tf.function(input_signature=[tf.TensorSpec([1, *samples.shape[1:]], tf.float32)])
        def function(x):  # noqa: ANN001, ANN202
            return compute(tf, x)

        converter = tf.lite.TFLiteConverter.from_concrete_functions(
            [function.get_concrete_function()]
        )
        if int8:
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
            converter.representative_dataset = lambda: ([sample[None]] for sample in samples)
            converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
            converter.inference_input_type = converter.inference_output_type = tf.int8
        content: bytes = converter.convert()
        return content
