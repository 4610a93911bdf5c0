"""Networks of ordinary layers, converted by TensorFlow, give the levels that LiteRT gives.

Recurrent layers are unrolled: in another form the converter of TensorFlow 2.21 ends its process
when it quantises them to int8.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter as LiteRT

from edge.tflite.interpreter.interpreter import Interpreter
from edge.tflite.verify import verify

INPUTS = 30
STEPS = 6


def one_dimensional(layers: Any) -> list[Any]:
    """Encoder and decoder, with both ways to make a signal longer."""
    return [
        layers.Conv1D(6, 3, strides=2, padding="same", activation="relu"),
        layers.SeparableConv1D(6, 3, padding="same"),
        layers.LeakyReLU(),
        layers.MaxPooling1D(2, padding="same"),
        layers.Conv1DTranspose(4, 3, strides=2, padding="same"),
        layers.PReLU(shared_axes=[1]),
        layers.UpSampling1D(2),
        layers.Conv1D(2, 3, dilation_rate=2, padding="causal", activation="sigmoid"),
    ]


def images(layers: Any) -> list[Any]:
    return [
        layers.Reshape((STEPS, 4, 1)),
        layers.Conv2D(4, 3, padding="same", activation="hard_swish"),
        layers.UpSampling2D(2, interpolation="bilinear"),
        layers.DepthwiseConv2D(3),
        layers.Conv2DTranspose(3, 4, strides=2),
        layers.ZeroPadding2D(1),
        layers.AveragePooling2D(2),
        layers.GlobalMaxPooling2D(),
        layers.Dense(8, activation="gelu"),
        layers.Dense(3, activation="softmax"),
    ]


def recurrent(layers: Any) -> list[Any]:
    return [
        layers.LSTM(4, unroll=True, return_sequences=True),
        layers.GRU(4, unroll=True, return_sequences=True),
        layers.SimpleRNN(4, unroll=True),
        layers.Dense(3),
    ]


@pytest.mark.filterwarnings("ignore:Statistics for quantized inputs were expected")
@pytest.mark.parametrize("layers_of", [one_dimensional, images, recurrent])
def test_levels_are_those_of_litert(layers_of):
    content = _converted(layers_of)
    verify(content, "the network")
    ours, theirs = Interpreter(model_content=content), LiteRT(model_content=content)
    assert _outputs(ours) == _outputs(theirs)


def _outputs(interpreter: Any) -> list[list[int]]:
    rng = np.random.default_rng(0)
    interpreter.allocate_tensors()
    (source,), (result,) = interpreter.get_input_details(), interpreter.get_output_details()
    found = []
    for _ in range(INPUTS):
        levels = rng.integers(-128, 128, source["shape"]).astype(np.int8)
        interpreter.set_tensor(source["index"], levels)
        interpreter.invoke()
        found.append(interpreter.get_tensor(result["index"]).reshape(-1).tolist())
    return found


def _converted(layers_of: Any) -> bytes:
    import keras
    import tensorflow as tf

    keras.utils.set_random_seed(1)
    rng = np.random.default_rng(1)
    samples = rng.normal(0, 1, (20, 1, STEPS, 4)).astype(np.float32)
    inputs = outputs = keras.layers.Input((STEPS, 4), batch_size=1)
    for layer in layers_of(keras.layers):
        outputs = layer(outputs)
    converter = tf.lite.TFLiteConverter.from_keras_model(keras.Model(inputs, outputs))
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = lambda: ([sample] for sample in samples)
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = converter.inference_output_type = tf.int8
    content: bytes = converter.convert()
    return content
