"""Two small U-Nets, one after the other: an approximation of the pressure, and its refinement.

A U-Net looks at a window at several scales, and puts the fine scales back together with the coarse
ones. All layers are two-dimensional with a width of one, because converters support these best.
"""

from __future__ import annotations

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray
from tensorflow import keras

from training.common.cache import cache_key, cached_weights
from training.common.epoch_logger import EpochLogger
from training.common.fit import fit_network
from training.common.optimizer import adamw
from training.pressure.config import LENGTH, MIDDLE, SPREAD, TrainingConfig
from training.pressure.windows import PressureWindows

layers = keras.layers

CODE = (
    "training/common/fit.py",
    "training/common/optimizer.py",
    "training/pressure/network.py",
)
PATCH = 4  # samples that the finest scale combines: a pulse has little above 16 Hz
SCALE = 4  # from one scale to the next coarser one
PARTS = 10  # parts of the training between two lines of progress
GAIN = (0.9, 1.1)  # random size of the PPG in training: a movement changes what it is scaled by


def fit(windows: PressureWindows, config: TrainingConfig, task: str) -> keras.Model:
    """A network that is trained on these windows; its output is the refined pressure, scaled.

    Its weights come from the cache if they were trained before.
    """
    keras.utils.set_random_seed(config.seed)
    network = build(config)
    settings = (config.seed, config.widths, config.kernel, config.epochs, config.batch_size)
    rates = (config.learning_rate, config.weight_decay, config.approximation_weight)
    key = cache_key(*settings, *rates, windows.ppg, windows.pressure, code=CODE)
    path = config.cache / f"pressure-{key}.weights.h5"
    cached_weights(path, network, lambda: _fit(network, windows, config, task))
    return network


def _fit(network: keras.Model, windows: PressureWindows, config: TrainingConfig, task: str) -> None:
    steps = max(PARTS, round(config.epochs * len(windows) / config.batch_size))
    both = keras.Model(network.input, [network.get_layer("approximation").output, network.output])

    def compile_network(compiled: keras.Model) -> None:
        compiled.compile(
            adamw(config.learning_rate, steps, config.weight_decay, clipnorm=1.0),
            loss=["mae", "mae"],
            loss_weights=[config.approximation_weight, 1.0],
        )

    targets = ((windows.pressure - MIDDLE) / SPREAD).astype(np.float32)[..., None]
    ppg, target, size = tf.constant(windows.ppg), tf.constant(targets), config.batch_size

    def draw(_: tf.Tensor) -> tuple[tf.Tensor, tuple[tf.Tensor, tf.Tensor]]:
        drawn = tf.random.uniform([size], 0, len(windows), tf.int32)
        gain = tf.random.uniform([size, 1, 1, 1], *GAIN)
        wanted = tf.gather(target, drawn)
        return gain * tf.gather(ppg, drawn), (wanted, wanted)

    batches = tf.data.Dataset.range(1).repeat().map(draw, 1).prefetch(2)
    fit_network(both, compile_network, batches, PARTS, steps // PARTS, ErrorLogger(task))


class ErrorLogger(EpochLogger):
    """Logs the mean error of the pressure."""

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        loss = (logs or {}).get("loss", 0.0)
        self._progress.report(epoch + 1, f"loss {loss:.3f}")


def build(config: TrainingConfig) -> keras.Model:
    inputs = keras.Input((LENGTH, 1, 1))
    approximation = layers.Reshape((LENGTH, 1), name="approximation")(_u_net(inputs, config))
    again = layers.Reshape((LENGTH, 1, 1))(approximation)
    refined = _u_net(layers.Concatenate()([again, inputs]), config)
    return keras.Model(inputs, layers.Reshape((LENGTH, 1))(refined))


def pressures(network: keras.Model, windows: PressureWindows) -> NDArray[np.float32]:
    """(n, LENGTH) in mmHg, of the float network."""
    found = network.predict(windows.ppg, batch_size=256, verbose=0)[..., 0]
    scaled: NDArray[np.float32] = MIDDLE + SPREAD * found
    return scaled


def _u_net(x: keras.KerasTensor, config: TrainingConfig) -> keras.KerasTensor:
    """PATCH values of the output for each sample of the finest scale."""
    *fine, coarsest = config.widths
    x = layers.Conv2D(fine[0], (2 * PATCH, 1), (PATCH, 1), padding="same", use_bias=False)(x)
    x = _normalised(x)
    sides = []
    for width in fine:
        x = _block(x, width, config.kernel)
        sides.append(x)
        x = layers.MaxPooling2D((SCALE, 1))(x)
    x = _block(x, coarsest, config.kernel)
    for width, side in zip(reversed(fine), reversed(sides), strict=True):
        # The channels of a coarse sample become fine samples: that needs no special operator.
        x = layers.Conv2D(SCALE * width, 1, use_bias=False)(x)
        x = layers.Reshape((SCALE * x.shape[1], 1, width))(x)
        x = _block(layers.Concatenate()([x, side]), width, config.kernel)
    return layers.Conv2D(PATCH, 1)(x)


def _block(x: keras.KerasTensor, width: int, kernel: int) -> keras.KerasTensor:
    for _ in range(2):
        x = layers.Conv2D(width, (kernel, 1), padding="same", use_bias=False)(x)
        x = _normalised(x)
    return x


def _normalised(x: keras.KerasTensor) -> keras.KerasTensor:
    return layers.ReLU()(layers.BatchNormalization(momentum=0.95)(x))
