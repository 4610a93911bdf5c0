"""Train a folded network further on sequences, as the last phase of a training."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import tensorflow as tf
from tensorflow import keras

from edge.errors import RecordingError
from edge.formats.sound import find
from training.common.optimizer import adamw
from training.common.tf_config import warn_not_divided
from training.sound.data.log_mel import BANDS, FRONT_END, RATE
from training.sound.data.recordings import read_samples
from training.sound.data.synthetic_noise import nonstationary_noise, stationary_noise
from training.sound.learn import network
from training.sound.learn.batches import DrawBatch
from training.sound.learn.config import TrainingConfig
from training.sound.learn.distillation import Teacher
from training.sound.learn.sequence_loss import (
    clip_loss,
    join_windows,
    sequence_loss,
    windows_of_sequence,
)
from training.sound.learn.sequence_targets import Labels, SequenceBatch, sequence_batch
from training.sound.learn.sequences import LogMel, SequenceComposer
from training.sound.learn.training_sets import TrainingSet

log = logging.getLogger(__name__)

LOG_STEPS = 200
MIN_TALK_ROWS = 6000
NOISE_ROWS = 700  # of a synthetic noise
PART_SAMPLES = 60 * RATE  # of a recording, whose spectrum is computed at once


def train_on_sequences(
    folded: keras.Model,
    training_set: TrainingSet,
    noise_files: Sequence[Path],
    config: TrainingConfig,
) -> keras.Model:
    """Return a copy of a folded network that was trained on sequences with the talk of a config."""
    keras.utils.set_random_seed(config.seed)
    task, settings = config.task, config.sequence_training
    labels = Labels(
        len(task.words),
        task.labels.index(task.silence_label),
        task.labels.index(task.other_label),
    )
    composer = SequenceComposer(
        *(training_set, labels.words, load_talk(config.talk)),
        *(sequence_noises(training_set, noise_files, config), settings.sequences, config.seed),
    )
    over_sequences = network.to_sequences(folded, config.network, settings.sequences.frames)
    with_weights = [layer for layer in over_sequences.layers if layer.trainable_variables]
    for layer in with_weights[: -settings.trained_layers]:
        layer.trainable = False

    def draw() -> SequenceBatch:
        return sequence_batch([composer.draw() for _ in range(settings.batch_size)], labels)

    _fit(over_sequences, draw, _clip_batches(folded, training_set, config), config)
    trained = keras.models.clone_model(folded)
    trained.set_weights(over_sequences.get_weights())
    return trained


def _clip_batches(
    folded: keras.Model, training_set: TrainingSet, config: TrainingConfig
) -> DrawBatch:
    """Return a function that draws windows of clips; the network before the training is the teacher
    of all of them."""
    settings = config.sequence_training
    count = settings.clip_sequences * windows_of_sequence(settings.sequences.frames)
    corpora = tuple(sorted(set(training_set.clips.corpus.tolist())))
    teacher = Teacher(folded, tuple(range(len(training_set.labels))), corpora)
    fit_config = replace(config.fit, batch_size=count)
    return replace(training_set, teacher=teacher).batches(fit_config)


def _fit(
    over_sequences: keras.Model,
    draw: Callable[[], SequenceBatch],
    draw_clips: DrawBatch,
    config: TrainingConfig,
) -> None:
    """Train; afterwards the network has the moving average of the weights."""
    warn_not_divided("the training on sequences")
    settings, variables = config.sequence_training, over_sequences.trainable_variables
    optimizer = adamw(
        settings.learning_rate,
        settings.steps,
        config.fit.weight_decay,
        clipnorm=config.fit.clip_norm,
        use_ema=True,
        ema_momentum=min(config.fit.ema_momentum, 1 - config.fit.ema_span / settings.steps),
    )
    optimizer.build(variables)

    @tf.function
    def step(rows: tf.Tensor, targets: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        windows, clip_targets = draw_clips(tf.constant(0))
        count = len(rows)
        rows = tf.concat([rows, join_windows(windows, rows.shape[1])], axis=0)
        with tf.GradientTape() as tape:
            scores = over_sequences(rows, training=True)
            parts = sequence_loss(scores[:count], targets, settings.loss)
            parts["clips"] = clip_loss(scores[count:], clip_targets)
            parts["loss"] += settings.loss.clips * parts["clips"]
        gradients = tape.gradient(parts["loss"], variables)
        optimizer.apply_gradients(zip(gradients, variables, strict=True))
        return parts

    sums: dict[str, float] = defaultdict(float)
    for number in range(1, settings.steps + 1):
        batch = {name: tf.constant(array) for name, array in vars(draw()).items()}
        for name, value in step(batch.pop("rows"), batch).items():
            sums[name] += float(value)
        if number % LOG_STEPS == 0 or number == settings.steps:
            count = (number - 1) % LOG_STEPS + 1
            means = ", ".join(f"{name} {value / count:.3f}" for name, value in sums.items())
            log.info("sequences: step %d of %d: %s", number, settings.steps, means)
            sums.clear()
    optimizer.finalize_variable_values(variables)


def load_talk(places: Sequence[str]) -> LogMel:
    """Return the (n, BANDS) spectrum of all recordings in files and folders, a row every 10 ms.

    RecordingError if there is less than a minute.
    """
    parts = [_spectrum(file) for file in find(places)]
    talk = np.concatenate([np.empty((0, BANDS), np.float16), *parts])
    if len(talk) < MIN_TALK_ROWS:
        raise RecordingError(f"--talk {' '.join(places)}: give at least a minute of talk")
    return talk


def sequence_noises(
    training_set: TrainingSet, noise_files: Sequence[Path], config: TrainingConfig
) -> list[list[LogMel]]:
    """Return three kinds: whole recordings of noise, the clips of noise, long synthetic noise."""
    recorded = [_spectrum(file) for file in noise_files]
    count = config.sequence_training.sequences.synthetic_noises
    synthetic = [
        noise
        for kind in (stationary_noise, nonstationary_noise)
        for noise in kind(count, config.seed, NOISE_ROWS)
    ]
    kinds = recorded, list(training_set.noise), synthetic
    return [[noise.astype(np.float16) for noise in kind] for kind in kinds]


def _spectrum(file: Path) -> LogMel:
    """Return the (n, BANDS) spectrum of a recording of any length."""
    samples = read_samples(file, RATE)
    starts = range(0, len(samples), PART_SAMPLES)
    parts = [FRONT_END.frames(samples[start : start + PART_SAMPLES]) for start in starts]
    return np.concatenate([np.empty((0, BANDS)), *parts]).astype(np.float16)
