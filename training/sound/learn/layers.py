"""The layers of the network that hears words, over whole windows or in steps.

Two-dimensional convolutions first, as a voice may shift up or down, then separable ones along time
alone. None of them looks beyond the edges of a window in time, so what they make of a window is
what they make of a stream.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import tensorflow as tf
from tensorflow import keras

layers = keras.layers

BANDS_SEEN = 5  # by the first convolution
SQUARE = 3  # the separable ones in two dimensions: columns and bands
KERNEL = 9  # columns, of the convolutions along time
DROPOUT = 0.1


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


TINY = Shape(stem=8, stages=((16, 2), (16, 2)), width=20)


class Norm(keras.layers.BatchNormalization):
    """Batch normalisation, learnt in one operation: Keras' own takes several, and with them a step
    of learning takes half as long again."""

    def call(self, x: tf.Tensor, training: bool = False, mask: None = None) -> tf.Tensor:
        if not (training and self.trainable):
            return super().call(x)
        y, mean, variance, *_ = tf.raw_ops.FusedBatchNormV3(
            x=x,
            scale=self.gamma,
            offset=self.beta,
            mean=[],
            variance=[],
            epsilon=self.epsilon,
            is_training=True,
        )
        for kept, seen in ((self.moving_mean, mean), (self.moving_variance, variance)):
            kept.assign(kept * self.momentum + seen * (1 - self.momentum))
        return y


class Seen:
    """A whole window lies before the layers: each looks at as much of it as it needs."""

    def behind(self, x: keras.KerasTensor, columns: int) -> keras.KerasTensor:
        """The columns of x, and as many before as make one of them `columns`."""
        return x

    def newest(self, x: keras.KerasTensor, columns: int) -> keras.KerasTensor:
        """The columns of x that have `columns` behind them."""
        return layers.Cropping2D(((columns - 1, 0), (0, 0)))(x)


@dataclass
class Remembered:
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


def scores(
    given: keras.KerasTensor,
    line: Seen | Remembered,
    classes: int,
    shape: Shape,
    normalised: bool,
    groups: Sequence[int] | None,
    rows: int,
) -> keras.KerasTensor:
    """From what is given to the scores, of a window of so many rows."""

    def finished(x: keras.KerasTensor, active: bool) -> keras.KerasTensor:
        x = Norm()(x) if normalised else x
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
