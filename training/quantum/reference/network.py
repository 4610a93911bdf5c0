"""The network of the paper (arXiv 2010.13309): U-Net, two BiLSTM and attention."""

from __future__ import annotations

from tensorflow import keras

layers = keras.layers

KERNEL = (5, 1)  # of the convolutions: along time
LSTM_UNITS = 64


def build_reference_network(shape: tuple[int, ...], classes: int) -> keras.Model:
    """Return the untrained network; `shape` is (frames, bands, channels)."""
    inputs = keras.Input(shape)
    first = _convolution(layers.BatchNormalization()(inputs), 16)
    second = _convolution(_convolution(first, 32), 16)
    x = _convolution(layers.Concatenate()([first, second]), 1)
    x = layers.Reshape(shape[:2])(x)
    x = layers.Bidirectional(layers.LSTM(LSTM_UNITS, return_sequences=True))(x)
    x = layers.Bidirectional(layers.LSTM(LSTM_UNITS, return_sequences=True))(x)
    # Attention over all frames; the query is made from the last frame.
    query = layers.Dense(2 * LSTM_UNITS)(x[:, -1])
    weights = layers.Softmax()(layers.Dot(axes=(1, 2))([query, x]))
    x = layers.Dot(axes=(1, 1))([weights, x])
    x = layers.Dense(64, activation="relu")(x)
    x = layers.Dense(32)(x)
    return keras.Model(inputs, layers.Dense(classes, activation="softmax")(x))


def _convolution(x: keras.KerasTensor, channels: int) -> keras.KerasTensor:
    x = layers.Conv2D(channels, KERNEL, padding="same", activation="relu")(x)
    return layers.BatchNormalization()(x)
