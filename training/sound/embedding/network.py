"""The network of the embedding: convolutions over a spectrogram, for sequences and for a stream.

It has the convolutions of the word networks, without their mean over a window: there is a vector
for each step. No layer pads in time, so a stream gives the same vectors as a sequence.
"""

from __future__ import annotations

import tensorflow as tf
from tensorflow import keras

from training.common import keras_layers
from training.sound.data.log_mel import BANDS
from training.sound.embedding.config import EmbeddingNetworkConfig
from training.sound.learn.architecture import connect_body
from training.sound.learn.layers import Streaming, WholeWindow

layers = keras.layers


def window_rows(config: EmbeddingNetworkConfig) -> int:
    """Return the rows of the spectrogram that an embedding depends on."""
    return config.stride * (config.context + 2)


def build(config: EmbeddingNetworkConfig, rows: int, batch_norm: bool) -> keras.Model:
    """Return a network from sequences of so many rows to an embedding for each step."""
    x = keras.Input((rows, BANDS))
    return keras.Model(x, _connect(x, WholeWindow(), config, batch_norm))


def fold_batchnorm(trained: keras.Model, config: EmbeddingNetworkConfig) -> keras.Model:
    """Return the same function without batch normalisation."""
    folded = build(config, trained.input_shape[1], False)
    # The last convolution has a bias in both.
    *_, source = keras_layers.convolutions(trained)
    *_, target = keras_layers.convolutions(folded)
    target.set_weights(source.get_weights())
    keras_layers.fold_batchnorm(_without_last_layer(trained), _without_last_layer(folded))
    return folded


def to_streaming(
    folded: keras.Model, config: EmbeddingNetworkConfig, batch: int | None = None
) -> keras.Model:
    """Return the streaming form: its inputs are the rows of a step and all states."""
    past = Streaming(batch)
    x = keras.Input(batch_shape=(batch, config.stride, BANDS), name="frames")
    y = _connect(x, past, config, False)
    y = layers.Reshape((config.dimensions,))(y)
    streaming = keras.Model([x, *past.states], [y, *past.new_states])
    keras_layers.copy_weights(folded, streaming)
    return streaming


def _without_last_layer(network: keras.Model) -> keras.Model:
    *_, last = keras_layers.convolutions(network)
    return keras.Model(network.input, last.input)


class CosineLogits(keras.layers.Layer):
    """The cosine between an embedding and a trained vector for each class, times a scale."""

    def __init__(self, classes: int, scale: float) -> None:
        super().__init__()
        self.classes, self.scale = classes, scale

    def build(self, shape: tuple[int, ...]) -> None:
        self.vectors = self.add_weight(shape=(shape[-1], self.classes), name="vectors")

    def call(self, x: tf.Tensor) -> tf.Tensor:
        return self.scale * tf.matmul(
            tf.nn.l2_normalize(x, -1), tf.nn.l2_normalize(self.vectors, 0)
        )


def _connect(
    inputs: keras.KerasTensor,
    past: WholeWindow | Streaming,
    config: EmbeddingNetworkConfig,
    batch_norm: bool,
) -> keras.KerasTensor:
    x = connect_body(inputs, past, config, batch_norm)
    x = layers.Conv2D(config.dimensions, 1)(x)
    return layers.Reshape((x.shape[1], config.dimensions))(x)
