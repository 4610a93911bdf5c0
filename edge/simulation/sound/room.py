"""The room between a mouth and a microphone: its echo, and what can be heard when nobody speaks."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from edge.simulation.sound.vocoder import RATE

FRAME = 4096  # samples of noise computed at once
MAINS = 50.0  # Hz

Floats = NDArray[np.float64]


class Room:
    """One place in one room: near the microphone or not, bare or furnished."""

    def __init__(self, rng: np.random.Generator) -> None:
        decay = rng.uniform(0.1, 0.5)  # s until an echo is 60 dB down
        t = np.arange(int(0.6 * decay * RATE)) / RATE
        echo = rng.standard_normal(len(t)) * 10 ** (-3 * t / decay)
        echo[: int(rng.uniform(0.002, 0.008) * RATE)] = 0  # the way to the nearest wall and back
        echo *= 10 ** (rng.uniform(-20, -6) / 20) / np.sqrt(np.sum(echo**2))
        echo[0] = 1.0
        self._echo = echo

    def hear(self, sound: NDArray[np.floating]) -> Floats:
        """The same stretch with its echo; what would still ring after it is lost."""
        size = 1 << (len(sound) + len(self._echo)).bit_length()
        spectrum = np.fft.rfft(sound, size) * np.fft.rfft(self._echo, size)
        return np.fft.irfft(spectrum, size)[: len(sound)]


class Noise:
    """A fan, a street or a hiss, with some hum: goes on without end, never repeats itself."""

    def __init__(self, rng: np.random.Generator, level: float) -> None:
        """`level` is its root mean square."""
        self._rng, self.level = rng, level
        hz = np.fft.rfftfreq(FRAME, 1 / RATE)
        self._colour = np.maximum(hz, 80.0) ** -rng.uniform(0, 0.8)
        self._colour[hz < 20] = 0
        self._colour /= np.sqrt(np.mean(self._colour**2))
        self._hum = rng.uniform(0, 0.5)  # its share of the power
        self._window = np.sin(np.pi * (np.arange(FRAME) + 0.5) / FRAME)
        self._last = self._frame()[FRAME // 2 :]
        self._ready = np.empty(0)
        self._taken = 0

    def take(self, count: int) -> Floats:
        """The next samples; in what portions they are taken changes nothing."""
        while len(self._ready) < count:
            frame = self._frame()
            half = FRAME // 2
            self._ready = np.concatenate([self._ready, self._last + frame[:half]])
            self._last = frame[half:]
        noise, self._ready = self._ready[:count], self._ready[count:]
        t = np.arange(self._taken, self._taken + count) / RATE
        self._taken += count
        hum = np.sin(2 * np.pi * MAINS * t) + 0.5 * np.sin(2 * np.pi * 3 * MAINS * t)
        shares = np.sqrt(1 - self._hum) * noise + np.sqrt(self._hum / 0.625) * hum
        return self.level * shares

    def _frame(self) -> Floats:
        """Laid over its neighbours by half, its power and theirs add up to 1."""
        white = self._rng.standard_normal(FRAME)
        return np.fft.irfft(np.fft.rfft(white) * self._colour) * self._window
