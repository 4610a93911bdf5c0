"""Export of the int8 network as TFLite."""

from __future__ import annotations

import contextlib
import logging
import os
import warnings
from collections.abc import Iterable, Iterator, Mapping

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray
from tensorflow import keras

from edge.convert.compact import remove_unused

# TensorFlow's advice on conversion does not help a user who trains a model.
logging.getLogger("tensorflow").setLevel(logging.ERROR)

CALIBRATION = 1000  # inputs that set the int8 ranges of the activations


def to_int8(network: keras.Model, samples: NDArray[np.float32]) -> bytes:
    """A network of one input as full int8: input and output too, built-in operations only.

    `samples` are inputs that show the ranges of the activations.
    """
    # The batch size is fixed to one here; else the graph computes its own shape at each call.
    one = keras.Input(batch_shape=(1, *network.input_shape[1:]))
    single = keras.models.clone_model(
        network, input_tensors=one, clone_function=lambda layer: layer
    )
    step = max(1, len(samples) // CALIBRATION)
    name = single.inputs[0].name
    return convert_to_int8(single, ({name: sample[None]} for sample in samples[::step]))


def convert_to_int8(
    network: keras.Model, calibration: Iterable[Mapping[str, NDArray[np.float32]]]
) -> bytes:
    """A network of batch size one as full int8; each calibration example has all inputs by name.

    Inputs and outputs are in the order of the network's: the converter has an order of its own.
    """
    converter = tf.lite.TFLiteConverter.from_keras_model(network)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    examples = [dict(example) for example in calibration]
    converter.representative_dataset = lambda: iter(examples)
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = converter.inference_output_type = tf.int8
    with silence_converters():
        content: bytes = converter.convert()
    return remove_unused(content, [tensor.name for tensor in network.inputs])


@contextlib.contextmanager
def silence_converters() -> Iterator[None]:
    """Converters print the path of temporary files, and warn of the defaults they use."""
    with (
        open(os.devnull, "w") as nowhere,
        contextlib.redirect_stdout(nowhere),
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore")
        yield
