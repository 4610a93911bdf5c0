"""Frames of a device or a file on their way to chunks: mixed, at the model's rate, timed."""

from __future__ import annotations

from math import ceil

import numpy as np
from numpy.typing import NDArray

from edge.formats.sound import mono
from edge.resample import Resampler
from edge.samples import Chunk, Health

RAIL = 0.9999  # of full scale: where 16 bits end, which no sound of less reaches by chance


def nothing() -> Chunk:
    """What a source yields while it has nothing to yield."""
    return Chunk(np.empty(0), np.empty((0, 1), np.float32))


class SoundStream:
    """An uninterrupted stretch of sound. Its time counts samples, so it cannot drift."""

    def __init__(self, from_rate: int, to_rate: int, health: Health, start: float = 0.0) -> None:
        self.start, self.health = start, health
        self._from_rate, self._to_rate = from_rate, to_rate
        self._resampler = Resampler(from_rate, to_rate)
        self._taken = self._sent = 0
        self._clipped = self._booked = 0  # at the one rate, and at the other

    @property
    def end(self) -> float:
        """The time at which the next frame is due."""
        return self.start + self._taken / self._from_rate

    def feed(self, frames: NDArray[np.float32]) -> Chunk:
        """(n, channels) frames; how many stood on the rail is booked in the health."""
        self._taken += len(frames)
        if not np.abs(frames).max(initial=0) < RAIL:  # as it is for what is no number
            self._clipped += int((np.abs(frames) >= RAIL).any(axis=1).sum())
            booked = ceil(self._clipped * self._to_rate / self._from_rate)
            self.health.clipped += booked - self._booked
            self._booked = booked
        return self._chunk(self._resampler.process(mono(frames)))

    def finish(self) -> Chunk:
        """The last of it: what comes next is another stretch."""
        return self._chunk(self._resampler.finish())

    def _chunk(self, samples: NDArray[np.float32]) -> Chunk:
        sent = self._sent
        self._sent += len(samples)
        t = np.arange(sent, self._sent) / self._to_rate
        t += self.start
        if not np.abs(samples).max(initial=0) <= 1:
            # Where full scale is cut off, the curve through the samples goes beyond it.
            samples = np.clip(samples, -1, 1)
        return Chunk(t, samples[:, None])
