"""The network: a few dense layers, because the features have compared the beat already."""

from __future__ import annotations

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray
from tensorflow import keras

from edge.features.beats.windows import NAMES
from edge.formats.ecg.annotation_file import LABELS
from training.common.epoch_logger import EpochLogger
from training.common.fit import fit_network
from training.common.optimizer import adamw
from training.heart.beats import Beats
from training.heart.config import TrainingConfig
from training.heart.training_set import batches

EPOCHS = 5  # parts of the training between two lines of progress


def fit(beats: Beats, config: TrainingConfig, task: str) -> keras.Model:
    """A network that is trained on these beats."""
    keras.utils.set_random_seed(config.seed)
    network = _build(config)

    def compile_network(compiled: keras.Model) -> None:
        compiled.compile(
            adamw(config.learning_rate, config.steps, config.weight_decay),
            keras.losses.CategoricalCrossentropy(label_smoothing=config.label_smoothing),
            metrics=["accuracy"],
        )

    signature = (
        tf.TensorSpec((config.batch_size, len(NAMES)), tf.float32),
        tf.TensorSpec((config.batch_size,), tf.int32),
    )
    data = tf.data.Dataset.from_generator(
        lambda: batches(beats, config), output_signature=signature
    ).map(lambda x, y: (x, tf.one_hot(y, len(LABELS))))
    fit_network(
        *(network, compile_network, data.prefetch(4)),
        *(EPOCHS, config.steps // EPOCHS, EpochLogger(task)),
    )
    return network


def biased(network: keras.Model, bias: NDArray[np.float64]) -> keras.Model:
    """The network with `bias` added to the logarithm of the score of each class."""
    copy = keras.models.clone_model(network)
    copy.set_weights(network.get_weights())
    kernel, offset = copy.layers[-1].get_weights()
    copy.layers[-1].set_weights([kernel, offset + bias])
    return copy


def scores(network: keras.Model, beats: Beats) -> NDArray[np.float32]:
    """(n, labels) scores of the float network."""
    found: NDArray[np.float32] = network.predict(beats.tensors, batch_size=8192, verbose=0)
    return found


def _build(config: TrainingConfig) -> keras.Model:
    inputs = keras.Input((len(NAMES),))
    x = keras.layers.GaussianNoise(config.input_noise)(inputs)
    for width in config.widths:
        x = keras.layers.Dense(width, activation="relu")(x)
        x = keras.layers.Dropout(config.dropout)(x)
    return keras.Model(inputs, keras.layers.Dense(len(LABELS), activation="softmax")(x))
