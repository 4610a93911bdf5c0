"""The room between a speaker and the microphone: its reverberation and its background noise."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from edge.simulation.sound.vocoder import RATE

FRAME = 4096  # samples of noise in one overlap-add frame
MAINS = 50.0  # Hz

Floats = NDArray[np.float64]


class Room:
    """One position in one room: near the microphone or not, bare or furnished."""

    def __init__(self, rng: np.random.Generator) -> None:
        reverberation_s = rng.uniform(0.1, 0.5)  # RT60: time in which the echo falls by 60 dB
        t = np.arange(int(0.6 * reverberation_s * RATE)) / RATE
        response = rng.standard_normal(len(t)) * 10 ** (-3 * t / reverberation_s)
        # The first reflection arrives after the way to the nearest wall and back.
        response[: int(rng.uniform(0.002, 0.008) * RATE)] = 0
        # The echo is 6 to 20 dB below the direct sound.
        response *= 10 ** (rng.uniform(-20, -6) / 20) / np.sqrt(np.sum(response**2))
        response[0] = 1.0
        self._impulse_response = response

    def reverberate(self, sound: NDArray[np.floating]) -> Floats:
        """Return the sound with its echo, cut to the same length."""
        size = 1 << (len(sound) + len(self._impulse_response)).bit_length()
        spectrum = np.fft.rfft(sound, size) * np.fft.rfft(self._impulse_response, size)
        return np.fft.irfft(spectrum, size)[: len(sound)]


class Noise:
    """Endless background noise of random colour with some mains hum; it never repeats."""

    def __init__(self, rng: np.random.Generator, level: float) -> None:
        """`level` is the root mean square of the noise."""
        self._rng, self.level = rng, level
        hz = np.fft.rfftfreq(FRAME, 1 / RATE)
        self._colour = np.maximum(hz, 80.0) ** -rng.uniform(0, 0.8)
        self._colour[hz < 20] = 0
        self._colour /= np.sqrt(np.mean(self._colour**2))
        self._hum = rng.uniform(0, 0.5)  # share of the mains hum in the power
        # Frames overlap by half; the powers of the two windows add up to 1.
        self._window = np.sin(np.pi * (np.arange(FRAME) + 0.5) / FRAME)
        self._previous_half = self._frame()[FRAME // 2 :]
        self._pending = np.empty(0)
        self._taken = 0

    def take(self, count: int) -> Floats:
        """Return the next samples; they do not depend on how many are taken at once."""
        while len(self._pending) < count:
            frame = self._frame()
            half = FRAME // 2
            self._pending = np.concatenate([self._pending, self._previous_half + frame[:half]])
            self._previous_half = frame[half:]
        noise, self._pending = self._pending[:count], self._pending[count:]
        t = np.arange(self._taken, self._taken + count) / RATE
        self._taken += count
        hum = np.sin(2 * np.pi * MAINS * t) + 0.5 * np.sin(2 * np.pi * 3 * MAINS * t)
        mixed = np.sqrt(1 - self._hum) * noise + np.sqrt(self._hum / 0.625) * hum
        return self.level * mixed

    def _frame(self) -> Floats:
        """Return one windowed frame of coloured noise."""
        white = self._rng.standard_normal(FRAME)
        return np.fft.irfft(np.fft.rfft(white) * self._colour) * self._window
