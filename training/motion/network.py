"""The network in two forms: trainable with batch normalisation, and with that folded away.

The folded form has only convolutions with biases and a dense layer, so its weights can be read
back from a shipped int8 model: an adaptation to own takes starts from them.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from tensorflow import keras

from edge.features.motion.inputs import POINTS
from edge.features.motion.pose import CHANNELS
from training.common import keras_layers
from training.common.tflite_file import read_weights
from training.motion.strokes import MODEL_LABELS

WIDTHS, KERNELS, STRIDES = (32, 44, 56, 64), (5, 5, 5, 3), (1, 2, 2, 2)
DROPOUT = 0.3

layers = keras.layers


def build_trainable() -> keras.Model:
    """The form with batch normalisation, with random weights."""
    return _build(normalised=True)


def fold_batchnorm(network: keras.Model) -> keras.Model:
    """The same function without batch normalisation."""
    plain = _build(normalised=False)
    keras_layers.fold_batchnorm(network, plain)
    plain.layers[-1].set_weights(network.layers[-1].get_weights())
    return plain


def from_tflite(tflite: bytes) -> keras.Model:
    """The folded form with the weights of an int8 model. Raises ModelError for another network."""
    plain = _build(normalised=False)
    targets = [*keras_layers.convolutions(plain), plain.layers[-1]]
    keras_layers.assign_weights(targets, read_weights(tflite))
    return plain


def probabilities(network: keras.Model, tensors: NDArray[np.float32]) -> NDArray[np.float32]:
    """(n, MODEL_LABELS) scores of n drawings."""
    scores: NDArray[np.float32] = network.predict(tensors, batch_size=1024, verbose=0)
    return scores


def _build(normalised: bool) -> keras.Model:
    inputs = keras.Input((POINTS, CHANNELS))
    x = layers.Reshape((POINTS, 1, CHANNELS))(inputs)
    for width, kernel, stride in zip(WIDTHS, KERNELS, STRIDES, strict=True):
        x = layers.Conv2D(
            width, (kernel, 1), strides=(stride, 1), padding="same", use_bias=not normalised
        )(x)
        if normalised:
            x = layers.BatchNormalization()(x)
        x = layers.ReLU(6.0)(x)
    x = layers.Dropout(DROPOUT)(layers.Flatten()(x))
    return keras.Model(inputs, layers.Dense(len(MODEL_LABELS), activation="softmax")(x))
