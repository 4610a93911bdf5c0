"""A training set of waveforms, for front ends other than the shipped one.

Spectra that are augmented, and images of spectra, exist for the shipped front end only. For others
the waveform is augmented, and the front end computes the spectrum of each window.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from edge.errors import RecordingError
from edge.features.sound.front_end import FrontEnd
from edge.features.sound.window_length import window_samples
from edge.simulation.sound.room import Noise
from edge.takes.sound.endpoints import word_span
from training.sound.data.recordings import load_samples
from training.sound.data.words import SILENCE
from training.sound.learn.batches import DrawBatch
from training.sound.learn.config import FitConfig
from training.sound.learn.training_sets import TrainingSet
from training.sound.learn.waveform_augmentation import (
    NOISE_RMS,
    Samples,
    WaveformAugmentation,
    WordSound,
)

log = logging.getLogger(__name__)

SYNTHETIC_NOISES, SYNTHETIC_NOISE_S = 30, 8.0  # how many, and how long each is


@dataclass(frozen=True)
class WaveformTrainingSet(TrainingSet):
    front_end: Mapping[str, Any]
    """As a manifest describes it."""
    words: tuple[WordSound | None, ...]
    """The sound of each clip; None for silence, which is made of noise."""
    noises: tuple[Samples, ...]
    """Each is longer than a window."""

    @property
    def inputs(self) -> tuple[int, ...]:
        return tuple(self.front_end["shape"])

    def batches(self, config: FitConfig) -> DrawBatch:
        return WaveformBatches(self, config)


def load_waveforms(
    training_set: TrainingSet, front_end: Mapping[str, Any], noise: Sequence[Path], seed: int
) -> WaveformTrainingSet:
    """Return the training set with the sound of its clips, without those that are images only.

    Raises RecordingError if there is a word without any sound.
    """
    clips, rate = training_set.clips, front_end["sensor"]["rate_hz"]
    has_sound = ~clips.image_only & ((clips.path != "") | (clips.word == SILENCE))
    silent_words = sorted(set(clips.word) - set(clips.word[has_sound]))
    missing = [label for label in training_set.labels if label in silent_words]
    if missing:
        raise RecordingError(
            f"{', '.join(missing)}: there are images of spectra only, this front end needs sound"
        )
    clips = clips[has_sound]
    log.info("reading %d clips at %d Hz", len(clips), rate)
    words = tuple(_word_sound(path, rate) if path else None for path in clips.path)
    length = window_samples(front_end)
    recorded = [load_samples(file, rate) for file in noise]
    repeated = [np.resize(samples, max(len(samples), 2 * length)) for samples in recorded]
    rng = np.random.default_rng(seed)
    synthetic = [
        Noise(rng, NOISE_RMS).take(int(SYNTHETIC_NOISE_S * rate)).astype(np.float32)
        for _ in range(SYNTHETIC_NOISES)
    ]
    return WaveformTrainingSet(
        clips=clips,
        classes=training_set.classes[has_sound],
        weight=training_set.weight[has_sound],
        noise=training_set.noise,
        labels=training_set.labels,
        partial_class=training_set.partial_class,
        front_end=front_end,
        words=words,
        noises=(*repeated, *synthetic),
    )


def _word_sound(path: str, rate: int) -> WordSound | None:
    samples = load_samples(Path(path), rate)
    if not len(samples):
        return None
    start, end = word_span(samples, rate)
    return WordSound(samples, round(start * rate), round(end * rate))


class WaveformBatches:
    """Draws clips, each as likely as its weight, and augments their sound."""

    def __init__(self, training_set: WaveformTrainingSet, config: FitConfig) -> None:
        self.training_set, self.config = training_set, config
        self.rng = np.random.default_rng(int(tf.random.uniform([], 0, 2**31 - 1, tf.int32)))
        self.cumulative = np.cumsum(training_set.weight / training_set.weight.sum())
        self.front_end = FrontEnd(**training_set.front_end["front_end"])
        length, rate = window_samples(training_set.front_end), self.front_end.rate_hz
        self.augmentation = WaveformAugmentation(
            config.augmentation, self.rng, training_set.noises, length, rate
        )

    def __call__(self, _: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        windows, classes = tf.numpy_function(self._batch, [], (tf.float32, tf.int32))
        windows.set_shape((self.config.batch_size, *self.training_set.inputs))
        classes.set_shape((self.config.batch_size,))
        return windows, tf.one_hot(classes, len(self.training_set.labels))

    def _batch(self) -> tuple[Samples, NDArray[np.int32]]:
        drawn = np.searchsorted(self.cumulative, self.rng.random(self.config.batch_size))
        drawn = np.minimum(drawn, len(self.cumulative) - 1)
        examples = [self.example(int(clip)) for clip in drawn]
        windows = np.stack([self.front_end.frames(samples) for samples, _ in examples])
        return windows, np.array([number for _, number in examples], np.int32)

    def example(self, clip: int) -> tuple[Samples, int]:
        """Return a window of sound with this clip, and its class."""
        training_set = self.training_set
        word = training_set.words[clip]
        silent = training_set.clips.word[clip] == SILENCE
        cut = (
            word is not None and not silent and self.rng.random() < self.config.augmentation.partial
        )
        number = training_set.partial_class if cut else int(training_set.classes[clip])
        return self.augmentation.window(word, cut), number
