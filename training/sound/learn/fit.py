"""The training loop."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray
from tensorflow import keras

from training.common.cache import cache_key, cached_weights
from training.common.epoch_logger import EpochLogger
from training.common.fit import fit_network
from training.common.optimizer import adamw
from training.sound.learn.config import FitConfig, Schedule, TrainingConfig

if TYPE_CHECKING:
    from training.sound.learn.batches import BatchSource
    from training.sound.learn.training_sets import TrainingSet

SOURCES = (  # the code that trained weights depend on
    "training/common/fit.py",
    "training/common/optimizer.py",
    "training/common/sampling.py",
    "training/sound/data/log_mel.py",
    "training/sound/learn/architecture.py",
    "training/sound/learn/augmentation.py",
    "training/sound/learn/batches.py",
    "training/sound/learn/fit.py",
    "training/sound/learn/layers.py",
    "training/sound/learn/network.py",
    "training/sound/learn/network_config.py",
    "training/sound/learn/placement.py",
)


def fit(
    network: keras.Model,
    training_set: BatchSource,
    schedule: Schedule,
    config: FitConfig,
    phase: str,
) -> None:
    """Train a network; afterwards it has the moving average of the weights.

    `phase` is the name in the log.
    """
    draw = training_set.batches(config)
    batches = tf.data.Dataset.range(1).repeat().map(draw, 1).prefetch(4)
    steps = schedule.epochs * config.steps_per_epoch
    for norm in batch_norms(network):
        norm.momentum = min(norm.momentum, 1 - config.batchnorm_span / steps)

    def compile_network(compiled: keras.Model) -> None:
        optimizer = adamw(
            schedule.learning_rate,
            steps,
            config.weight_decay,
            clipnorm=config.clip_norm,
            use_ema=True,
            ema_momentum=min(config.ema_momentum, 1 - config.ema_span / steps),
        )
        loss = keras.losses.CategoricalCrossentropy(label_smoothing=schedule.label_smoothing)
        compiled.compile(optimizer, loss, metrics=["accuracy"])

    fit_network(
        *(network, compile_network, batches),
        *(schedule.epochs, config.steps_per_epoch, EpochLogger(phase)),
    )


def fit_cached(
    network: keras.Model,
    training_set: TrainingSet,
    schedule: Schedule,
    config: TrainingConfig,
    phase: str,
) -> None:
    """Train a network as `fit` does, or load the weights of an equal run that was stored before."""
    initial = network.get_weights()
    key = cache_key(
        *(schedule, config.fit, config.network, config.seed, training_set.fingerprint, *initial),
        code=SOURCES,
    )
    path = config.cache / f"words-{key}.weights.h5"
    cached_weights(path, network, lambda: fit(network, training_set, schedule, config.fit, phase))


def recalibrate_batchnorm(
    network: keras.Model, training_set: BatchSource, config: FitConfig
) -> None:
    """Compute the statistics of batch normalisation for the averaged weights.

    During the training they were computed for the weights of each step.
    """
    draw = training_set.batches(config)
    compute_statistics(network, lambda: draw(tf.constant(0))[0], config.recalibration_momentum)


def compute_statistics(
    network: keras.Model,
    draw_inputs: Callable[[], tf.Tensor | NDArray[np.float32]],
    momentum: float,
) -> None:
    """Compute the statistics of batch normalisation from random inputs."""
    for norm in batch_norms(network):
        norm.momentum = momentum
    # As a graph, which keeps no activation longer than it is needed: they fill half a gigabyte.
    run = tf.function(partial(network, training=True))
    for _ in range(round(5 / (1 - momentum))):
        run(draw_inputs())


def batch_norms(network: keras.Model) -> list[keras.layers.BatchNormalization]:
    kind = keras.layers.BatchNormalization
    return [layer for layer in network.layers if isinstance(layer, kind)]
