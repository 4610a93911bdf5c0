"""The network, in the two forms it has: with batch normalisation to learn, folded to run.

The folded form has nothing but convolutions, so its weights can be read back from a shipped int8
model: that is what an own adaptation starts from.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from tensorflow import keras

from edge.errors import ModelError
from edge.features.motion.pose import CHANNELS
from edge.features.motion.stroke import POINTS
from training.common.tflite_file import read_weights
from training.motion.strokes import LABELS

WIDTHS, KERNELS, STRIDES = (28, 36, 44, 52), (5, 5, 5, 3), (1, 2, 2, 2)
DROPOUT = 0.3

layers = keras.layers


def learning() -> keras.Model:
    """The form that is trained from nothing."""
    return _stack(normalised=True)


def folded(network: keras.Model) -> keras.Model:
    """The same function without batch normalisation."""
    plain = _stack(normalised=False)
    norms = [layer for layer in network.layers if isinstance(layer, layers.BatchNormalization)]
    for norm, source, target in zip(
        norms, _convolutions(network), _convolutions(plain), strict=True
    ):
        gamma, beta, mean, variance = (w.astype(np.float64) for w in norm.get_weights())
        factor = gamma / np.sqrt(variance + norm.epsilon)
        target.set_weights([source.get_weights()[0] * factor, beta - mean * factor])
    plain.layers[-1].set_weights(network.layers[-1].get_weights())
    return plain


def from_model(tflite: bytes) -> keras.Model:
    """The folded form with the weights of an int8 model that this module once made."""
    plain = _stack(normalised=False)
    targets = [*_convolutions(plain), plain.layers[-1]]
    found = read_weights(tflite)
    if len(found) != len(targets):
        raise ModelError(
            f"it has {len(found)} layers with weights, an AirDigit model {len(targets)}"
        )
    for target, (kernel, bias) in zip(targets, found, strict=True):
        kernel = kernel.transpose(1, 2, 3, 0) if kernel.ndim == 4 else kernel.T
        wanted = tuple(target.kernel.shape)
        if kernel.shape != wanted:
            raise ModelError(f"a layer of it is {kernel.shape}, an AirDigit model has {wanted}")
        target.set_weights([kernel, bias])
    return plain


def _stack(normalised: bool) -> keras.Model:
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
    return keras.Model(inputs, layers.Dense(len(LABELS), activation="softmax")(x))


def _convolutions(network: keras.Model) -> list[keras.layers.Layer]:
    return [layer for layer in network.layers if isinstance(layer, layers.Conv2D)]


def probabilities(network: keras.Model, x: NDArray[np.float32]) -> NDArray[np.float32]:
    scores: NDArray[np.float32] = network.predict(x, batch_size=1024, verbose=0)
    return scores
