"""Export of the float network as ONNX."""

from __future__ import annotations

import logging

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray
from tensorflow import keras

from training.common.tflite import silence_converters

logging.getLogger("tf2onnx").setLevel(logging.ERROR)

LARGEST_ERROR = 1e-4


def to_onnx(network: keras.Model, samples: NDArray[np.float32]) -> tuple[bytes, float]:
    """The ONNX model, and the largest difference between the scores of onnxruntime and of Keras."""
    import onnxruntime
    import tf2onnx

    signature = [tf.TensorSpec((None, *network.input_shape[1:]), tf.float32, name="input")]
    # from_keras fails with Keras 3: it looks for attributes that only Keras 2 had.
    with silence_converters():
        model, _ = tf2onnx.convert.from_function(
            tf.function(lambda x: network(x, training=False), input_signature=signature),
            input_signature=signature,
            opset=17,
        )
    content: bytes = model.SerializeToString()
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    (scores,) = session.run(None, {session.get_inputs()[0].name: samples})
    error = float(np.abs(scores - network.predict(samples, verbose=0)).max())
    if error > LARGEST_ERROR:
        raise RuntimeError(f"the ONNX model differs from the Keras model by {error:.2g}")
    return content, error
