"""The network that hears words, in the three forms it has: to learn with, folded, and in steps.

The form in steps is given the newest rows alone, and what each layer remembers of those before; it
says of a stream what the others say of its windows. The folded form has nothing but convolutions
with biases, so its weights can be read back from a shipped int8 model: that is what an adaptation
to own takes starts from.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from tensorflow import keras

from edge.errors import ModelError
from training.common.tflite_file import read_weights
from training.sound.learn.layers import Remembered, Seen, Shape, scores

layers = keras.layers


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
    found = read_weights(tflite)
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
    found: NDArray[np.float32] = network.predict(x, batch_size=512, verbose=0)
    return found


def steps(plain: keras.Model, shape: Shape, batch: int | None = None) -> keras.Model:
    """A folded network that is given the newest rows alone, and what it remembered; it returns the
    scores and what it now remembers, in the same order.

    After all rows of a window it has made of them what the folded one makes of the window.
    """
    rows = plain.input_shape[1]
    head = _head(plain)
    memory = Remembered(batch)
    given = keras.Input(batch_shape=(batch, shape.stride, *plain.input_shape[2:]), name="frames")
    said = scores(given, memory, head[0].units, shape, False, _groups(plain), rows)
    network = keras.Model([given, *memory.before], [said, *memory.after])
    sources = [layer for layer in plain.layers if layer.weights]
    targets = [layer for layer in network.layers if layer.weights]
    for source, target in zip(sources, targets, strict=True):
        target.set_weights(source.get_weights())
    return network


def _stack(
    inputs: tuple[int, ...],
    classes: int,
    shape: Shape,
    normalised: bool,
    groups: Sequence[int] | None,
) -> keras.Model:
    given = keras.Input(inputs)
    return keras.Model(given, scores(given, Seen(), classes, shape, normalised, groups, inputs[0]))


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
