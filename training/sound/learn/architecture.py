"""The architecture of the network, for whole windows and for a stream.

Two-dimensional convolutions come first, because a voice may be higher or lower; separable
convolutions along time follow. No layer pads a window in time, so a window gives the same scores as
the same rows within a stream.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from tensorflow import keras

from training.sound.learn.layers import FusedBatchNorm, Streaming, WholeWindow
from training.sound.learn.network_config import KERNEL, SQUARE, BodyConfig, NetworkConfig

layers = keras.layers

STEM_BANDS = 5  # bands that the first convolution combines


def connect_layers(
    inputs: keras.KerasTensor,
    past: WholeWindow | Streaming,
    classes: int,
    config: NetworkConfig,
    batch_norm: bool,
    groups: Sequence[int] | None,
    rows: int,
) -> keras.KerasTensor:
    """Return the scores for the inputs, of windows of so many rows.

    With `groups`, the scores are sums over classes: `groups[k]` is the output of class k.
    """
    x = connect_body(inputs, past, config, batch_norm)
    x = past.average(x, config.pooled_columns(rows))
    x = layers.Dropout(config.dropout)(x)
    x = layers.Dense(classes, activation="softmax")(x)
    return x if groups is None else _sum_groups(x, groups)


def connect_body(
    inputs: keras.KerasTensor,
    past: WholeWindow | Streaming,
    config: BodyConfig,
    batch_norm: bool,
) -> keras.KerasTensor:
    """Return the output of all convolutions for the inputs: a column for each step."""
    block = Blocks(past, batch_norm)
    x = inputs if len(inputs.shape) == 4 else layers.Reshape((*inputs.shape[1:], 1))(inputs)
    x = pad_bands(past.with_past(x, 2 * config.stride), STEM_BANDS, config.stride)
    stem = (2 * config.stride, STEM_BANDS)
    x = layers.ReLU()(block.convolution(x, config.stem, stem, config.stride))
    for channels, pooling in config.stages:
        x = block.square(x, channels, pooling)
    # The remaining bands become channels.
    x = layers.Reshape((x.shape[1], 1, x.shape[2] * x.shape[3]))(x)
    x = layers.ReLU()(block.convolution(x, config.width))
    for _ in range(config.blocks):
        x = block.along_time(x, config.width)
    return x


@dataclass(frozen=True)
class Blocks:
    """The building blocks of the network, with or without batch normalisation."""

    past: WholeWindow | Streaming
    batch_norm: bool

    def square(self, x: keras.KerasTensor, channels: int, pooling: int) -> keras.KerasTensor:
        """A separable two-dimensional convolution, residual if it keeps the shape."""
        y = pad_bands(self.past.with_past(x, SQUARE), SQUARE)
        y = layers.ReLU()(self._depthwise(y, (SQUARE, SQUARE)))
        y = layers.MaxPooling2D((1, pooling))(y) if pooling > 1 else y
        y = self.convolution(y, channels)
        same_shape = x.shape[2:] == y.shape[2:]
        return layers.ReLU()(layers.Add()([self.past.aligned(x, SQUARE), y]) if same_shape else y)

    def along_time(self, x: keras.KerasTensor, width: int) -> keras.KerasTensor:
        """A residual separable convolution along time."""
        y = self._depthwise(self.past.with_past(x, KERNEL), (KERNEL, 1))
        y = self.convolution(y, width)
        return layers.ReLU()(layers.Add()([self.past.aligned(x, KERNEL), y]))

    def convolution(
        self,
        x: keras.KerasTensor,
        channels: int,
        size: tuple[int, int] = (1, 1),
        stride: int = 1,
    ) -> keras.KerasTensor:
        use_bias = not self.batch_norm
        return self._norm(layers.Conv2D(channels, size, strides=stride, use_bias=use_bias)(x))

    def _depthwise(self, x: keras.KerasTensor, size: tuple[int, int]) -> keras.KerasTensor:
        return self._norm(layers.DepthwiseConv2D(size, use_bias=not self.batch_norm)(x))

    def _norm(self, x: keras.KerasTensor) -> keras.KerasTensor:
        return FusedBatchNorm()(x) if self.batch_norm else x


def pad_bands(x: keras.KerasTensor, size: int, stride: int = 1) -> keras.KerasTensor:
    """Return x with bands of zeros on both sides, so that a convolution keeps all bands."""
    padding = size - stride
    return layers.ZeroPadding2D(((0, 0), (padding // 2, padding - padding // 2)))(x)


def _sum_groups(x: keras.KerasTensor, groups: Sequence[int]) -> keras.KerasTensor:
    sums = np.eye(max(groups) + 1)[list(groups)]
    return layers.Dense(
        sums.shape[1],
        use_bias=False,
        trainable=False,
        kernel_initializer=keras.initializers.Constant(sums),
    )(x)
