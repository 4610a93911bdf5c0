"""Learning from sound itself, for front ends that pictures are not made with.

What a room, a mouth and a microphone do is done to the samples here: placed elsewhere in the
window, said faster or slower, louder or softer, in noise. Then the model's own front end hears it.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
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
from training.sound.data.folder_layouts import SILENCE
from training.sound.data.recordings import load_samples
from training.sound.learn.augmentation import Strength
from training.sound.learn.fit import BATCH, Draw, Lesson

log = logging.getLogger(__name__)

ROW_S = 0.01  # in which a Strength counts how much of a word may be cut
MADE_S, MADE = 8.0, 30  # s of each made noise, and how many
LOUD = 0.05  # rms of noise without a word, before its level is changed
QUIETEST = 1e-4  # rms that a noise is measured against where a recording is all but silent

Sounds = NDArray[np.float32]


@dataclass(frozen=True)
class HeardLesson(Lesson):
    """A lesson whose clips are heard anew each time they are shown."""

    specification: Mapping[str, Any]
    sounds: tuple[Sounds, ...]
    """Of each clip, at the rate of the front end; none for silence that was never recorded."""
    behind: tuple[Sounds, ...]
    """Noises, longer than a window."""

    @property
    def inputs(self) -> tuple[int, ...]:
        return tuple(self.specification["shape"])

    def drawing(self, strength: Strength) -> Draw:
        return _Heard(self, strength)


def heard(
    lesson: Lesson, specification: Mapping[str, Any], noise: Sequence[Path], seed: int
) -> HeardLesson:
    """The same lesson by ear. RecordingError if there is a word of which no sound is known."""
    clips, rate = lesson.clips, specification["sensor"]["rate_hz"]
    audible = ~clips.pictured & ((clips.path != "") | (clips.word == SILENCE))
    lost = sorted(set(clips.word) - set(clips.word[audible]))
    unheard = [label for label in lesson.labels if label in lost]
    if unheard:
        raise RecordingError(
            f"{', '.join(unheard)}: there are pictures only, and this front end needs sound"
        )
    clips = clips[audible]
    log.info("listening to %d clips at %d Hz", len(clips), rate)
    nothing = np.empty(0, np.float32)
    sounds = tuple(load_samples(Path(p), rate) if p else nothing for p in clips.path)
    length = window_samples(specification)
    behind = [np.resize(s, max(len(s), 2 * length)) for s in (load_samples(f, rate) for f in noise)]
    rng = np.random.default_rng(seed)
    made = [Noise(rng, LOUD).take(int(MADE_S * rate)).astype(np.float32) for _ in range(MADE)]
    return HeardLesson(
        clips=clips,
        classes=lesson.classes[audible],
        weight=lesson.weight[audible],
        noise=lesson.noise,
        labels=lesson.labels,
        part=lesson.part,
        specification=specification,
        sounds=sounds,
        behind=(*behind, *made),
    )


class _Heard:
    """Draws clips, each as likely as its weight, as another microphone would hear them."""

    def __init__(self, lesson: HeardLesson, strength: Strength) -> None:
        self.lesson, self.strength = lesson, strength
        self.rng = np.random.default_rng(int(tf.random.uniform([], 0, 2**31 - 1, tf.int32)))
        self.ends = np.cumsum(lesson.weight / lesson.weight.sum())
        self.front_end = FrontEnd(**lesson.specification["front_end"])
        self.length = window_samples(lesson.specification)

    def __call__(self, _: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        windows, classes = tf.numpy_function(self._batch, [], (tf.float32, tf.int32))
        windows.set_shape((BATCH, *self.lesson.inputs))
        classes.set_shape((BATCH,))
        return windows, tf.one_hot(classes, len(self.lesson.labels))

    def _batch(self) -> tuple[Sounds, NDArray[np.int32]]:
        drawn = np.minimum(np.searchsorted(self.ends, self.rng.random(BATCH)), len(self.ends) - 1)
        shown = [self.window(int(clip)) for clip in drawn]
        windows = np.stack([self.front_end.frames(samples) for samples, _ in shown])
        return windows, np.array([number for _, number in shown], np.int32)

    def window(self, clip: int) -> tuple[Sounds, int]:
        """A window of sound with this clip in it, and what it is now."""
        rng, strength, lesson = self.rng, self.strength, self.lesson
        number, silent = int(lesson.classes[clip]), lesson.clips.word[clip] == SILENCE
        placed = np.zeros(self.length, np.float32)
        if len(lesson.sounds[clip]):
            cut = not silent and rng.random() < strength.partial
            number = lesson.part if cut else number
            loud = self._lay(placed, clip, cut)
        else:
            placed, loud = LOUD * self._noise(), LOUD
        if rng.random() < strength.noisy:
            snr = rng.uniform(*strength.snr_db)
            placed = placed + max(loud, QUIETEST) * 10 ** (-snr / 20) * self._noise()
        gain = 10 ** (rng.uniform(-strength.gain_db, strength.gain_db) / 20)
        return np.clip(placed * gain, -1, 1).astype(np.float32), number

    def _lay(self, placed: Sounds, clip: int, cut: bool) -> float:
        """Put the word into the window, whole or too little of it; how loud it is."""
        rng, strength = self.rng, self.strength
        speed = rng.uniform(1 - strength.tempo, 1 + strength.tempo)
        sound = faster(self.lesson.sounds[clip], speed)
        first, last = (int(edge / speed) for edge in self._spans[clip])
        word = max(1, last - first)
        spare = strength.cut_rows * ROW_S * self.front_end.rate_hz
        if cut:
            seen = rng.uniform(0.05, 0.4) * word
            begin = self.length - seen if rng.random() < 0.5 else seen - word
        else:
            begin = rng.random() * max(1.0, self.length - word + 2 * spare) - spare
        at = round(begin) - first
        low, high = max(0, at), max(0, min(self.length, at + len(sound)))
        if low < high:
            placed[low:high] = sound[low - at : high - at]
        said = sound[min(first, len(sound) - 1) : first + word].astype(np.float64)
        return float(np.sqrt(np.mean(said**2)))

    def _noise(self) -> Sounds:
        """A window of some noise, of the level 1."""
        noise = self.lesson.behind[self.rng.integers(len(self.lesson.behind))]
        at = self.rng.integers(len(noise) - self.length + 1)
        part = noise[at : at + self.length]
        return part / np.float32(max(np.sqrt(np.mean(part**2)), QUIETEST))

    @cached_property
    def _spans(self) -> list[tuple[int, int]]:
        """First and last sample of each word."""
        rate = self.front_end.rate_hz
        spans = (word_span(s, rate) if len(s) else (0.0, 0.0) for s in self.lesson.sounds)
        return [(round(start * rate), round(end * rate)) for start, end in spans]


def faster(samples: Sounds, speed: float) -> Sounds:
    """Said so many times as fast, and as high."""
    at = np.arange(max(1, round(len(samples) / speed))) * speed
    return np.interp(at, np.arange(len(samples)), samples).astype(np.float32)
