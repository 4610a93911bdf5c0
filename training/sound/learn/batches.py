"""Random batches of augmented log-mel windows, drawn from a training set."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

import tensorflow as tf

from training.common.sampling import WeightedSampler
from training.sound.data.log_mel import word_rows
from training.sound.data.stored_rows import StoredRows
from training.sound.data.words import SILENCE
from training.sound.learn.augmentation import augment
from training.sound.learn.config import FitConfig

if TYPE_CHECKING:
    from training.sound.learn.training_sets import TrainingSet

DrawBatch = Callable[[tf.Tensor], tuple[tf.Tensor, tf.Tensor]]
"""Returns windows, and the target probability of each class; the argument is ignored."""


class BatchSource(Protocol):
    """What the training loop uses of a training set."""

    def batches(self, config: FitConfig, /) -> DrawBatch:
        """Return a function that draws a batch."""


class SpectrumBatches:
    """Draws clips, each as likely as its weight, and augments them."""

    def __init__(self, training_set: TrainingSet, config: FitConfig) -> None:
        clips = training_set.clips
        self.config, self.teacher = config, training_set.teacher
        self.partial_class, self.labels = training_set.partial_class, len(training_set.labels)
        self.silent = tf.constant(clips.word == SILENCE)
        self.rows = clips.rows if isinstance(clips.rows, StoredRows) else StoredRows([clips.rows])
        self.span = tf.constant(word_rows(clips.rows), tf.int32)
        self.classes = tf.constant(training_set.classes, tf.int32)
        self.draw_clips = WeightedSampler(training_set.weight)
        self.noise = tf.constant(training_set.noise)
        if self.teacher:
            self.taught = tf.constant(self.teacher.knows(clips), tf.float32)

    def __call__(self, _: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        size, augmentation = self.config.batch_size, self.config.augmentation
        drawn = self.draw_clips(size)
        rows = self._read(drawn)
        noise = self._noise(rows)
        silent = tf.gather(self.silent, drawn)
        span = tf.gather(self.span, drawn)
        windows, complete = augment(rows, span, silent, noise, augmentation)
        classes = tf.where(complete, tf.gather(self.classes, drawn), self.partial_class)
        targets = tf.one_hot(classes, self.labels)
        if self.teacher:
            share = self.config.teacher_share * tf.gather(self.taught, drawn)[:, None]
            targets += share * (self.teacher.targets(windows, self.labels) - targets)
        return windows, targets

    def _read(self, drawn: tf.Tensor) -> tf.Tensor:
        """Return the spectra of these clips, which may be on the disk."""
        rows = tf.numpy_function(self.rows.read, [drawn], tf.float16)
        rows.set_shape((self.config.batch_size, *self.rows.shape[1:]))
        return tf.cast(rows, tf.float32)

    def _noise(self, rows: tf.Tensor) -> tf.Tensor:
        """Return a noise clip for each clip: some are other clips of the batch (babble)."""
        size = self.config.batch_size
        drawn = tf.random.uniform([size], 0, len(self.noise), tf.int32)
        noise = tf.cast(tf.gather(self.noise, drawn), tf.float32)
        others = tf.random.shuffle(rows)
        babble = tf.random.uniform([size, 1, 1]) < self.config.augmentation.babble
        return tf.where(babble, others, noise)
