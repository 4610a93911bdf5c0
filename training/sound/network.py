"""The network that hears words, in the three forms it has: to learn with, folded, and in steps.

Two-dimensional convolutions first, as a voice may shift up or down, then separable ones along time
alone. None of them looks beyond the edges of a window in time, so what it makes of a window is what
it makes of a stream: the form in steps takes only the newest rows, and with them what each layer
remembers of those before. The folded form has nothing but convolutions with biases, so its weights
can be read back from a shipped int8 model: that is what an adaptation to own takes starts from.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from tensorflow import keras

from edge.errors import ModelError
from training.tflite import weights_in_order

layers = keras.layers

BANDS_SEEN = 5  # by the first convolution
SQUARE = 3  # the separable ones in two dimensions: columns and bands
KERNEL = 5  # columns, of the convolutions along time
DROPOUT = 0.1
FRAMES_NAME = "frames"  # the first input of the form in steps


@dataclass(frozen=True)
class Shape:
    """How large a network is. It works on columns, of which a step brings one."""

    stem: int = 16
    """Channels of the first convolution."""
    stages: tuple[tuple[int, int], ...] = ((32, 2), (32, 1), (48, 2), (48, 1))
    """Separable square convolutions: their channels, and by how much they shrink the bands."""
    width: int = 60
    """Channels along time, once the bands are gone."""
    blocks: int = 3
    stride: int = 2
    """Rows and bands that become one, at first."""

    @property
    def surroundings(self) -> int:
        """Columns before its own that the last layer sees."""
        return len(self.stages) * (SQUARE - 1) + self.blocks * (KERNEL - 1)

    def averaged(self, rows: int) -> int:
        """Columns of a window of so many rows over which the last layer averages.

        ValueError if the window has too few.
        """
        columns = rows // self.stride - 1
        if columns <= self.surroundings:
            raise ValueError(f"{rows} rows are too few: the network looks at more")
        return columns - self.surroundings


TINY = Shape(stem=8, stages=((16, 2), (20, 2), (24, 1)), width=32, blocks=3)


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


def soften(plain: keras.Model, times: float) -> None:
    """Make it so many times less sure of everything: all odds become their `times`-th root."""
    layer = _head(plain)[0]
    layer.set_weights([weights / times for weights in layer.get_weights()])


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


def steps(plain: keras.Model, shape: Shape, batch: int | None = None) -> keras.Model:
    """A folded network that is given the newest rows alone, and what it remembered; it returns the
    scores and what it now remembers, in the same order.

    After all rows of a window it has made of them what the folded one makes of the window.
    """
    rows = plain.input_shape[1]
    head = _head(plain)
    memory = _Remembered(batch)
    given = keras.Input(batch_shape=(batch, shape.stride, *plain.input_shape[2:]), name=FRAMES_NAME)
    scores = _layers(given, memory, head[0].units, shape, False, _groups(plain), rows)
    network = keras.Model([given, *memory.before], [scores, *memory.after])
    sources = [layer for layer in plain.layers if layer.weights]
    targets = [layer for layer in network.layers if layer.weights]
    for source, target in zip(sources, targets, strict=True):
        target.set_weights(source.get_weights())
    return network


class _Seen:
    """A whole window lies before the layers: each looks at as much of it as it needs."""

    def behind(self, x: keras.KerasTensor, columns: int) -> keras.KerasTensor:
        """The columns of x, and as many before as make one of them `columns`."""
        return x

    def newest(self, x: keras.KerasTensor, columns: int) -> keras.KerasTensor:
        """The columns of x that have `columns` behind them."""
        return layers.Cropping2D(((columns - 1, 0), (0, 0)))(x)


@dataclass
class _Remembered:
    """One step is given: what came before is remembered from step to step."""

    batch: int | None
    before: list[keras.KerasTensor] = field(default_factory=list)
    after: list[keras.KerasTensor] = field(default_factory=list)

    def behind(self, x: keras.KerasTensor, columns: int) -> keras.KerasTensor:
        shape = (self.batch, columns - x.shape[1], *x.shape[2:])
        kept = keras.Input(batch_shape=shape, name=f"state_{len(self.before)}")
        self.before.append(kept)
        joined = layers.Concatenate(axis=1)([kept, x])
        self.after.append(joined[:, x.shape[1] :])
        return joined

    def newest(self, x: keras.KerasTensor, columns: int) -> keras.KerasTensor:
        return x


def _stack(
    inputs: tuple[int, ...],
    classes: int,
    shape: Shape,
    normalised: bool,
    groups: Sequence[int] | None,
) -> keras.Model:
    given = keras.Input(inputs)
    return keras.Model(
        given, _layers(given, _Seen(), classes, shape, normalised, groups, inputs[0])
    )


def _layers(
    given: keras.KerasTensor,
    line: _Seen | _Remembered,
    classes: int,
    shape: Shape,
    normalised: bool,
    groups: Sequence[int] | None,
    rows: int,
) -> keras.KerasTensor:
    """From what is given to the scores, of a window of so many rows."""

    def finished(x: keras.KerasTensor, active: bool) -> keras.KerasTensor:
        x = layers.BatchNormalization()(x) if normalised else x
        return layers.ReLU()(x) if active else x

    def convolution(
        x: keras.KerasTensor, channels: int, size: tuple[int, int] = (1, 1), stride: int = 1
    ) -> keras.KerasTensor:
        return layers.Conv2D(channels, size, strides=stride, use_bias=not normalised)(x)

    def depthwise(x: keras.KerasTensor, size: tuple[int, int]) -> keras.KerasTensor:
        return layers.DepthwiseConv2D(size, use_bias=not normalised)(x)

    def beyond(x: keras.KerasTensor, size: int, stride: int = 1) -> keras.KerasTensor:
        """With bands of nothing on both sides, so that none of them is lost."""
        more = size - stride
        return layers.ZeroPadding2D(((0, 0), (more // 2, more - more // 2)))(x)

    averaged = shape.averaged(rows)
    x = given if len(given.shape) == 4 else layers.Reshape((*given.shape[1:], 1))(given)
    x = beyond(line.behind(x, 2 * shape.stride), BANDS_SEEN, shape.stride)
    stem = (2 * shape.stride, BANDS_SEEN)
    x = finished(convolution(x, shape.stem, stem, shape.stride), True)
    for channels, shrink in shape.stages:
        y = beyond(line.behind(x, SQUARE), SQUARE)
        y = finished(depthwise(y, (SQUARE, SQUARE)), True)
        y = layers.MaxPooling2D((1, shrink))(y) if shrink > 1 else y
        y = finished(convolution(y, channels), False)
        same = x.shape[2:] == y.shape[2:]
        x = layers.ReLU()(layers.Add()([line.newest(x, SQUARE), y]) if same else y)
    # The bands that are left become channels.
    x = layers.Reshape((x.shape[1], 1, x.shape[2] * x.shape[3]))(x)
    x = finished(convolution(x, shape.width), True)
    for _ in range(shape.blocks):
        y = finished(depthwise(line.behind(x, KERNEL), (KERNEL, 1)), False)
        y = finished(convolution(y, shape.width), False)
        x = layers.ReLU()(layers.Add()([line.newest(x, KERNEL), y]))
    x = layers.GlobalAveragePooling2D()(line.behind(x, averaged))
    x = layers.Dropout(DROPOUT)(x)
    x = layers.Dense(classes, activation="softmax")(x)
    if groups is None:
        return x
    sums = np.eye(max(groups) + 1)[list(groups)]
    return layers.Dense(
        sums.shape[1],
        use_bias=False,
        trainable=False,
        kernel_initializer=keras.initializers.Constant(sums),
    )(x)


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
