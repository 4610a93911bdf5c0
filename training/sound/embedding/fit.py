"""The training of the embedding: machine voices first, then people as well."""

from __future__ import annotations

import logging

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray
from tensorflow import keras

from training.common.epoch_logger import EpochLogger
from training.common.optimizer import adamw
from training.sound.data.clips import Clips
from training.sound.data.log_mel import BANDS, ROWS
from training.sound.embedding import network
from training.sound.embedding.alignment import align
from training.sound.embedding.config import EmbeddingConfig
from training.sound.embedding.material import Material, phones_of_words
from training.sound.embedding.sequences import STEP_ROWS, Sequences, label_rows, step_count
from training.sound.learn.fit import compute_statistics
from training.sound.speech.phones import PHONES

log = logging.getLogger(__name__)

STEPS_PER_EPOCH = 250
EMA_MOMENTUM = 0.998
RECALIBRATION_MOMENTUM = 0.95
PEOPLE_SHARE = 0.55  # of the recordings, once people are aligned
WORST_SHARE = 0.1  # of the recordings of a word: those that fit its phones worst are left out


def train(
    machine: Material, clips: Clips, noise: NDArray[np.float16], config: EmbeddingConfig
) -> keras.Model:
    """Return the trained network, with batch normalisation folded, for sequences."""
    keras.utils.set_random_seed(config.seed)
    trainable = network.build(config.network, config.rows // 2, True)
    logits = network.CosineLogits(len(PHONES), config.cosine_scale)
    classifier = keras.Model(trainable.input, logits(trainable.output))
    first = Sequences([machine], [1.0], noise, config)
    _fit(classifier, first, config.machine_steps, "machine voices", config)
    aligned = aligned_people(classifier, clips, config)
    both = Sequences([machine, aligned], [1 - PEOPLE_SHARE, PEOPLE_SHARE], noise, config)
    _fit(classifier, both, config.steps, "machine voices and people", config)
    compute_statistics(classifier, lambda: both.draw()[0], RECALIBRATION_MOMENTUM)
    return network.fold_batchnorm(trainable, config.network)


def aligned_people(classifier: keras.Model, clips: Clips, config: EmbeddingConfig) -> Material:
    """Return recordings of known words with the phone of each row, as the network finds it."""
    phones = np.full((len(clips), ROWS), -1, np.int8)
    before = (config.rows - ROWS) // 2
    log_probabilities = tf.nn.log_softmax(_predict(classifier, clips, before, config)).numpy()
    arabic = clips.corpus == "arabic_digits"
    of_word = phones_of_words(clips)
    usable = np.ones(len(clips), bool)
    positions = label_rows(config) - before
    for (is_arabic, word), numbers in of_word.items():
        chosen = np.flatnonzero((arabic == is_arabic) & (clips.word == word))
        if not len(chosen):
            continue
        found, fit = align(log_probabilities[chosen], numbers)
        usable[chosen[fit < np.quantile(fit, WORST_SHARE)]] = False
        for position, column in zip(positions, found.T, strict=True):
            first, last = max(0, position - STEP_ROWS // 2), max(0, position + STEP_ROWS // 2)
            phones[chosen, first:last] = column[:, None]
    rows, phones = np.asarray(clips.rows[usable]), phones[usable]
    log.info("%d of %d recordings of people are aligned", len(rows), len(clips))
    starts = np.arange(len(rows) + 1) * ROWS
    return Material(rows.reshape(-1, BANDS), phones.reshape(-1), starts)


def _predict(
    classifier: keras.Model, clips: Clips, before: int, config: EmbeddingConfig
) -> NDArray[np.float32]:
    after = config.rows - ROWS - before
    parts = []
    for first in range(0, len(clips), 512):
        rows = clips.rows[first : first + 512].astype(np.float32)
        padded = np.pad(rows, ((0, 0), (before, after), (0, 0)), mode="edge")
        parts.append(classifier.predict(padded[:, ::2], batch_size=64, verbose=0))
    return np.concatenate(parts)


def _fit(
    classifier: keras.Model, sequences: Sequences, steps: int, phase: str, config: EmbeddingConfig
) -> None:
    count = step_count(config)
    signature = (
        tf.TensorSpec((config.batch, config.rows // 2, BANDS), tf.float32),
        tf.TensorSpec((config.batch, count), tf.int64),
        tf.TensorSpec((config.batch, count), tf.float32),
    )
    batches = tf.data.Dataset.from_generator(sequences.batches, output_signature=signature)
    optimizer = adamw(
        *(config.learning_rate, steps, 0.01),
        clipnorm=1.0,
        use_ema=True,
        ema_momentum=EMA_MOMENTUM,
    )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    classifier.compile(optimizer, loss, weighted_metrics=["accuracy"])
    classifier.fit(
        batches.prefetch(2),
        epochs=-(-steps // STEPS_PER_EPOCH),
        steps_per_epoch=min(steps, STEPS_PER_EPOCH),
        verbose=0,
        callbacks=[EpochLogger(phase)],
    )
