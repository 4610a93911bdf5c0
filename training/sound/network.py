"""The network that hears words, in the two forms it has: to learn with, and folded to run.

Two-dimensional convolutions first, as a voice may shift up or down, then separable ones along time
alone. The folded form has nothing but convolutions with biases, so its weights can be read back
from a shipped int8 model: that is what an adaptation to own takes starts from.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from tensorflow import keras

from edge.errors import ModelError
from training.tflite import weights_in_order

layers = keras.layers

KERNEL = 9  # frames, of the convolutions along time
DROPOUT = 0.1


@dataclass(frozen=True)
class Shape:
    """How large a network is."""

    stem: int = 16
    """Channels of the first convolution, 5 x 5."""
    stages: tuple[tuple[int, int], ...] = ((32, 2), (32, 1), (48, 2))
    """Separable 3 x 3 convolutions: their channels, and by how much they shrink the bands."""
    width: int = 56
    """Channels along time, once the bands are gone."""
    blocks: int = 4
    stride: int = 2
    """Of the first convolution, in both directions."""


TINY = Shape(stem=8, stages=((16, 2), (20, 2)), width=32, blocks=3)


def learning(
    inputs: tuple[int, ...], classes: int, shape: Shape, groups: Sequence[int] | None = None
) -> keras.Model:
    """The form that is trained from nothing; `inputs` is (frames, bands) or with channels.

    With `groups` the network tells its classes apart within, and outwardly their sums: `groups[k]`
    is the output to which class k belongs. Many words that are all "unknown" look nothing alike,
    and no one class could hold them.
    """
    return _stack(inputs, classes, shape, True, groups)


def folded(network: keras.Model, shape: Shape) -> keras.Model:
    """The same function without batch normalisation."""
    head = _head(network)
    classes, groups = head[0].units, _groups(network)
    plain = _stack(network.input_shape[1:], classes, shape, False, groups)
    norms = [layer for layer in network.layers if isinstance(layer, layers.BatchNormalization)]
    sources, targets = _convolutions(network), _convolutions(plain)
    for norm, source, target in zip(norms, sources, targets, strict=True):
        gamma, beta, mean, variance = (w.astype(np.float64) for w in norm.get_weights())
        factor = gamma / np.sqrt(variance + norm.epsilon)
        kernel = source.get_weights()[0]
        # A depthwise kernel is (height, width, channels, 1), others end in their channels.
        scaled = kernel * (factor[:, None] if _is_depthwise(source) else factor)
        target.set_weights([scaled, beta - mean * factor])
    _head(plain)[0].set_weights(head[0].get_weights())
    return plain


def with_head_for(
    network: keras.Model, classes: int, shape: Shape, groups: Sequence[int] | None = None
) -> keras.Model:
    """A copy of a network that learns, with a new last layer for so many classes.

    With `groups`, classes that it knew already come first, and it goes on knowing them.
    """
    copy = learning(network.input_shape[1:], classes, shape, groups)
    for source, target in zip(_body(network), _body(copy), strict=True):
        target.set_weights(source.get_weights())
    if groups is not None:
        kernel, bias = _head(copy)[0].get_weights()
        known_kernel, known_bias = _head(network)[0].get_weights()
        kernel[:, : len(known_bias)], bias[: len(known_bias)] = known_kernel, known_bias
        _head(copy)[0].set_weights([kernel, bias])
    return copy


def with_new_head(plain: keras.Model, classes: int, shape: Shape) -> keras.Model:
    """A folded network with a new last layer for other words."""
    copy = _stack(plain.input_shape[1:], classes, shape, False, None)
    for source, target in zip(_body(plain), _body(copy), strict=True):
        target.set_weights(source.get_weights())
    return copy


def favour(plain: keras.Model, number: int, times: float) -> None:
    """Make one class so many times as likely as it was."""
    kernel, bias = _head(plain)[0].get_weights()
    bias[number] += np.log(times)
    _head(plain)[0].set_weights([kernel, bias])


def from_model(tflite: bytes, inputs: tuple[int, ...], classes: int, shape: Shape) -> keras.Model:
    """The folded form with the weights of an int8 model that this module once made."""
    found = weights_in_order(tflite)
    groups = None
    if len(found) > 1 and found[-2][0].ndim == 2:  # two dense layers: the last one sums
        sums, _ = found.pop()
        groups, classes = sums.argmax(axis=0).tolist(), sums.shape[1]
    plain = _stack(inputs, classes, shape, False, groups)
    targets = [*_convolutions(plain), _head(plain)[0]]
    if len(found) != len(targets):
        raise ModelError(f"it has {len(found)} layers with weights, and {len(targets)} are known")
    for target, (kernel, bias) in zip(targets, found, strict=True):
        kernel = kernel.transpose(1, 2, 3, 0) if kernel.ndim == 4 else kernel.T
        wanted = tuple(target.get_weights()[0].shape)
        if kernel.shape != wanted:
            raise ModelError(f"a layer of it is {kernel.shape}, and {wanted} is known")
        target.set_weights([kernel, bias])
    return plain


def probabilities(network: keras.Model, x: NDArray[np.float32]) -> NDArray[np.float32]:
    scores: NDArray[np.float32] = network.predict(x, batch_size=512, verbose=0)
    return scores


def _stack(
    inputs: tuple[int, ...],
    classes: int,
    shape: Shape,
    normalised: bool,
    groups: Sequence[int] | None,
) -> keras.Model:
    def finished(x: keras.KerasTensor, active: bool) -> keras.KerasTensor:
        x = layers.BatchNormalization()(x) if normalised else x
        return layers.ReLU()(x) if active else x

    def convolution(
        x: keras.KerasTensor, channels: int, size: int = 1, stride: int = 1, active: bool = True
    ) -> keras.KerasTensor:
        layer = layers.Conv2D(
            channels, size, strides=stride, padding="same", use_bias=not normalised
        )
        return finished(layer(x), active)

    def depthwise(
        x: keras.KerasTensor, size: tuple[int, int], active: bool = True
    ) -> keras.KerasTensor:
        layer = layers.DepthwiseConv2D(size, padding="same", use_bias=not normalised)
        return finished(layer(x), active)

    given = keras.Input(inputs)
    x = given if len(inputs) == 3 else layers.Reshape((*inputs, 1))(given)
    x = convolution(x, shape.stem, 5, shape.stride)
    for channels, shrink in shape.stages:
        y = depthwise(x, (3, 3))
        y = layers.MaxPooling2D((1, shrink))(y) if shrink > 1 else y
        y = convolution(y, channels, active=False)
        x = layers.ReLU()(layers.Add()([x, y]) if x.shape == y.shape else y)
    # The bands that are left become channels.
    x = layers.Reshape((x.shape[1], 1, x.shape[2] * x.shape[3]))(x)
    x = convolution(x, shape.width)
    for _ in range(shape.blocks):
        y = depthwise(x, (KERNEL, 1), active=False)
        y = convolution(y, shape.width, active=False)
        x = layers.ReLU()(layers.Add()([x, y]))
    x = layers.GlobalAveragePooling2D()(x)
    x = layers.Dropout(DROPOUT)(x)
    x = layers.Dense(classes, activation="softmax")(x)
    if groups is not None:
        sums = np.eye(max(groups) + 1)[list(groups)]
        x = layers.Dense(
            sums.shape[1],
            use_bias=False,
            trainable=False,
            kernel_initializer=keras.initializers.Constant(sums),
        )(x)
    return keras.Model(given, x)


def _head(network: keras.Model) -> list[keras.layers.Layer]:
    """What tells the classes apart, and what sums them, if they are summed."""
    return [layer for layer in network.layers if isinstance(layer, layers.Dense)]


def _body(network: keras.Model) -> list[keras.layers.Layer]:
    return [layer for layer in network.layers if not isinstance(layer, layers.Dense)]


def _groups(network: keras.Model) -> list[int] | None:
    head = _head(network)
    return head[1].get_weights()[0].argmax(axis=1).tolist() if head[1:] else None


def _convolutions(network: keras.Model) -> list[keras.layers.Layer]:
    kinds = (layers.Conv2D, layers.DepthwiseConv2D)
    return [layer for layer in network.layers if isinstance(layer, kinds)]


def _is_depthwise(layer: keras.layers.Layer) -> bool:
    return isinstance(layer, layers.DepthwiseConv2D)
