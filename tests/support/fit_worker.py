"""A training of a tiny network, as one worker of TF_CONFIG: python -m tests.support.fit_worker OUT.

It prints the accuracy and the weights, and writes OUT and the weights beside it as a training does.
"""

from __future__ import annotations

import json
import logging
import os
import sys
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import tensorflow as tf
from tensorflow import keras

from training.common.atomic_write import write_file
from training.common.cache import cached_weights
from training.common.epoch_logger import EpochLogger
from training.common.fit import fit_network
from training.common.optimizer import adamw
from training.common.tf_config import ends_before_export
from training.common.workers import start_training

EPOCHS, STEPS, BATCH, INPUTS, CLASSES = 3, 30, 64, 8, 3


def batches(first: int = 0) -> tf.data.Dataset:
    """The same batches at every call."""
    matrix = tf.random.stateless_normal([INPUTS, CLASSES], [0, 0])

    def draw(number: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        x = tf.random.stateless_uniform([BATCH, INPUTS], [1, number], -1, 1)
        return x, tf.one_hot(tf.argmax(x @ matrix, axis=1), CLASSES)

    return tf.data.Dataset.range(first, 10**9).map(draw)


def compile_network(network: keras.Model) -> None:
    optimizer = adamw(0.02, EPOCHS * STEPS, 1e-3, use_ema=True, ema_momentum=0.9)
    network.compile(optimizer, keras.losses.CategoricalCrossentropy(), metrics=["accuracy"])


def main(out: Path) -> None:
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    start_training(out)
    keras.utils.set_random_seed(0)
    layers = keras.layers.Dense(16, activation="relu"), keras.layers.Dense(CLASSES, "softmax")
    network = keras.Sequential([keras.Input((INPUTS,)), *layers])
    cached_weights(
        out.parent / "tiny.weights.h5",
        network,
        lambda: fit_network(
            network, compile_network, batches(), EPOCHS, STEPS, EpochLogger("tiny")
        ),
    )
    weights = [array.tolist() for array in network.get_weights()]
    x, y = next(iter(batches(first=10**6)))
    right = tf.argmax(network(x), axis=1) == tf.argmax(y, axis=1)
    accuracy = float(tf.reduce_mean(tf.cast(right, tf.float32)))
    print(json.dumps({"accuracy": accuracy, "weights": weights}), flush=True)
    if ends_before_export():
        return
    write_file(out, b"model")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
