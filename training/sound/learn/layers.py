"""Layers: batch normalisation that trains fast, and the past of a layer in windows and streams."""

from __future__ import annotations

from dataclasses import dataclass, field

import tensorflow as tf
from tensorflow import keras

layers = keras.layers


class FusedBatchNorm(keras.layers.BatchNormalization):
    """Batch normalisation that is trained in one operation.

    Keras uses several operations, with which a training step takes half as long again.
    """

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
        for moving, batch in ((self.moving_mean, mean), (self.moving_variance, variance)):
            moving.assign(moving * self.momentum + batch * (1 - self.momentum))
        return y


class WholeWindow:
    """The input is a whole window: every layer finds the columns before its own in its input."""

    def with_past(self, x: keras.KerasTensor, columns: int) -> keras.KerasTensor:
        """Return the columns of x together with the past, for a layer that combines `columns`."""
        return x

    def aligned(self, x: keras.KerasTensor, columns: int) -> keras.KerasTensor:
        """Return the columns of x for which a layer that combines `columns` has an output."""
        return layers.Cropping2D(((columns - 1, 0), (0, 0)))(x)

    def average(self, x: keras.KerasTensor, columns: int) -> keras.KerasTensor:
        """Return the mean over the newest `columns`."""
        return layers.GlobalAveragePooling2D()(x)


class WholeSequence(WholeWindow):
    """The input is longer than a window: there are scores for every window in it."""

    def average(self, x: keras.KerasTensor, columns: int) -> keras.KerasTensor:
        x = layers.AveragePooling2D((columns, 1), 1)(x)
        return layers.Reshape((x.shape[1], x.shape[3]))(x)


@dataclass
class Streaming:
    """The input is the newest rows: the columns before them are state, kept from step to step."""

    batch: int | None
    states: list[keras.KerasTensor] = field(default_factory=list)
    new_states: list[keras.KerasTensor] = field(default_factory=list)

    def with_past(self, x: keras.KerasTensor, columns: int) -> keras.KerasTensor:
        shape = (self.batch, columns - x.shape[1], *x.shape[2:])
        state = keras.Input(batch_shape=shape, name=f"state_{len(self.states)}")
        self.states.append(state)
        joined = layers.Concatenate(axis=1)([state, x])
        self.new_states.append(joined[:, x.shape[1] :])
        return joined

    def aligned(self, x: keras.KerasTensor, columns: int) -> keras.KerasTensor:
        return x

    def average(self, x: keras.KerasTensor, columns: int) -> keras.KerasTensor:
        return layers.GlobalAveragePooling2D()(self.with_past(x, columns))
