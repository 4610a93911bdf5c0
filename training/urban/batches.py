"""Random batches of windows: other places, levels, microphones and backgrounds than recorded."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from training.common.sampling import WeightedSampler
from training.sound.learn.batches import DrawBatch
from training.sound.learn.config import FitConfig
from training.urban.clips import Spectra
from training.urban.config import FRONT_END, AugmentationConfig, TrainingConfig
from training.urban.metadata import LABELS

SILENT = float(np.log(FRONT_END.floor))  # a band of digital silence


@dataclass(frozen=True)
class UrbanTrainingSet:
    """Some of the clips."""

    rows: NDArray[np.float16]
    lengths: NDArray[np.intp]
    classes: NDArray[np.intp]
    config: TrainingConfig

    @classmethod
    def of(
        cls, spectra: Spectra, chosen: NDArray[np.intp], config: TrainingConfig
    ) -> UrbanTrainingSet:
        return cls(spectra.rows[chosen], spectra.lengths[chosen], spectra.classes[chosen], config)

    def batches(self, fit: FitConfig) -> DrawBatch:
        """A function that draws a batch: windows, and the probability of each class."""
        frames, size = self.rows.shape[1], fit.batch_size
        counts = np.bincount(self.classes, minlength=len(LABELS))
        sampler = WeightedSampler(counts[self.classes].astype(float) ** -self.config.balance)
        rows, classes = tf.constant(self.rows), tf.constant(self.classes, tf.int32)
        # Digital silence beside the clip does not count as a part of it.
        starts = tf.constant((frames - self.lengths) // 2, tf.int32)
        lengths = tf.constant(self.lengths, tf.int32)

        def draw(_: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            drawn = sampler(size)
            windows = tf.exp(tf.cast(tf.gather(rows, drawn), tf.float32))
            first, length = tf.gather(starts, drawn), tf.gather(lengths, drawn)
            augmented = augment(windows, first, length, self.config.augmentation)
            return augmented, tf.one_hot(tf.gather(classes, drawn), len(LABELS))

        return draw


def augment(
    energy: tf.Tensor, first: tf.Tensor, length: tf.Tensor, config: AugmentationConfig
) -> tf.Tensor:
    """(b, frames, bands) log-mel windows of (b, frames, bands) energies.

    The clips lie in their windows from the frame `first` on. Energies of two sounds add up.
    """
    size, frames, bands = energy.shape
    level = tf.reduce_mean(energy, axis=(1, 2), keepdims=True)
    placed = _placed(energy, first, length, config)
    others = tf.random.shuffle(tf.range(size))
    softer = _some(size, config.background) * tf.exp(_uniform(size, *config.background_levels))
    background = tf.gather(energy / tf.maximum(level, FRONT_END.floor), others)
    placed += softer * level * background
    position = tf.linspace(-0.5, 0.5, bands)[None, None]
    placed *= tf.exp(
        _uniform(size, -config.gain, config.gain)
        + _uniform(size, -config.tilt, config.tilt) * tf.cast(position, tf.float32)
    )
    noise = _some(size, config.noise) * tf.exp(_uniform(size, *config.noise_levels))
    # The energy of noise in a band and a frame is distributed like this.
    placed += noise * -tf.math.log(tf.random.uniform([size, frames, bands], 1e-6, 1.0))
    shown = tf.maximum(tf.math.log(tf.maximum(placed, FRONT_END.floor)), SILENT)
    return _masked(shown, config)


def _placed(
    energy: tf.Tensor, first: tf.Tensor, length: tf.Tensor, config: AugmentationConfig
) -> tf.Tensor:
    """The clips at random places of their windows, a part of them cut off."""
    size, frames, _ = energy.shape
    span = tf.cast(length, tf.float32)
    cut = config.cut * span
    begin = tf.random.uniform([size]) * (frames - span + 2 * cut) - cut
    source = tf.range(frames)[None] - tf.cast(tf.round(begin), tf.int32)[:, None] + first[:, None]
    inside = (source >= first[:, None]) & (source < (first + length)[:, None])
    moved = tf.gather(energy, tf.clip_by_value(source, 0, frames - 1), batch_dims=1)
    return tf.where(inside[:, :, None], moved, FRONT_END.floor)


def _masked(windows: tf.Tensor, config: AugmentationConfig) -> tf.Tensor:
    """Hide some frames and some bands of each window behind its mean."""
    size, frames, bands = windows.shape
    mean = tf.reduce_mean(windows, axis=(1, 2), keepdims=True)
    for axis, count, widest in ((1, frames, config.masked_frames), (2, bands, config.masked_bands)):
        width = tf.random.uniform([size, 1], 0, widest + 1, tf.int32)
        begin = tf.random.uniform([size, 1], 0, count, tf.int32)
        index = tf.range(count)[None]
        hidden = (index >= begin) & (index < begin + width)
        windows = tf.where(tf.expand_dims(hidden, 3 - axis), mean, windows)
    return windows


def _uniform(size: int, low: float, high: float) -> tf.Tensor:
    return tf.random.uniform([size, 1, 1], low, high)


def _some(size: int, share: float) -> tf.Tensor:
    return tf.cast(_uniform(size, 0.0, 1.0) < share, tf.float32)
