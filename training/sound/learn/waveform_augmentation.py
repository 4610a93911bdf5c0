"""Augmentation of waveforms: windows of sound with a word, as other microphones would record it.

The word is moved within the window, said faster or slower, louder or softer, and in noise.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.sound.learn.augmentation_config import AugmentationConfig

ROW_S = 0.01  # in which AugmentationConfig counts
NOISE_RMS = 0.05  # of a clip without a word, before the gain
MIN_RMS = 1e-4  # the level of a recording or noise that is all but silent

Samples = NDArray[np.float32]


@dataclass(frozen=True)
class WordSound:
    """A recording of a word at the rate of the front end."""

    samples: Samples
    first: int
    last: int
    """Where the word begins and ends, in samples."""


@dataclass(frozen=True)
class WaveformAugmentation:
    config: AugmentationConfig
    rng: np.random.Generator
    noises: tuple[Samples, ...]
    """Each is longer than a window."""
    length: int
    """Samples of a window."""
    rate: int

    def window(self, word: WordSound | None, cut: bool) -> Samples:
        """Return a window with the word, or with too little of it if it is `cut`.

        Without a word, the window is noise.
        """
        window = np.zeros(self.length, np.float32)
        if word is not None:
            level = self._place(window, word, cut)
        else:
            window, level = NOISE_RMS * self._noise(), NOISE_RMS
        if self.rng.random() < self.config.noisy:
            snr = self.rng.uniform(*self.config.snr_db)
            window = window + max(level, MIN_RMS) * 10 ** (-snr / 20) * self._noise()
        gain = 10 ** (self.rng.uniform(-self.config.gain_db, self.config.gain_db) / 20)
        return np.clip(window * gain, -1, 1).astype(np.float32)

    def _place(self, window: Samples, word: WordSound, cut: bool) -> float:
        """Copy the word into the window. Return its level (rms)."""
        rng, config = self.rng, self.config
        speed = rng.uniform(1 - config.tempo, 1 + config.tempo)
        samples = change_speed(word.samples, speed)
        first, last = int(word.first / speed), int(word.last / speed)
        length = max(1, last - first)
        outside = config.cut_rows * ROW_S * self.rate
        if cut:
            visible = rng.uniform(0.05, 0.4) * length
            begin = self.length - visible if rng.random() < 0.5 else visible - length
        else:
            begin = rng.random() * max(1.0, self.length - length + 2 * outside) - outside
        start = round(begin) - first
        low, high = max(0, start), max(0, min(self.length, start + len(samples)))
        if low < high:
            window[low:high] = samples[low - start : high - start]
        spoken = samples[min(first, len(samples) - 1) : first + length].astype(np.float64)
        return float(np.sqrt(np.mean(spoken**2)))

    def _noise(self) -> Samples:
        """Return a window of noise with a level (rms) of 1."""
        noise = self.noises[self.rng.integers(len(self.noises))]
        start = self.rng.integers(len(noise) - self.length + 1)
        window = noise[start : start + self.length]
        return window / np.float32(max(np.sqrt(np.mean(window**2)), MIN_RMS))


def change_speed(samples: Samples, speed: float) -> Samples:
    """Return the sound `speed` times as fast; its pitch rises by the same factor."""
    position = np.arange(max(1, round(len(samples) / speed))) * speed
    return np.interp(position, np.arange(len(samples)), samples).astype(np.float32)
