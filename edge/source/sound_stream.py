"""Audio frames to chunks: mixed to mono, resampled to the model's rate, with time stamps."""

from __future__ import annotations

from dataclasses import replace
from math import ceil

import numpy as np
from numpy.typing import NDArray

from edge.formats.sound import mono
from edge.resample import Resampler
from edge.samples import Chunk, Health

CLIPPED = 0.9999  # of full scale: the largest 16-bit values; quieter sound does not reach it


class SoundStream:
    """One uninterrupted stretch of sound. Its time is a count of samples and cannot drift."""

    def __init__(self, from_rate: int, to_rate: int, health: Health, start: float = 0.0) -> None:
        self.start, self.health = start, health
        self._from_rate, self._to_rate = from_rate, to_rate
        self._resampler = Resampler(from_rate, to_rate)
        self._frames_in = self._samples_out = 0
        self._clipped_in = self._clipped_out = 0  # at `from_rate` and at `to_rate`

    @property
    def end(self) -> float:
        """The time at which the next frame is due."""
        return self.start + self._frames_in / self._from_rate

    def frames_until(self, t: float) -> int:
        """Return how many frames are missing for the sample at time `t`; 0 if none."""
        if t <= self.start:
            return 0
        index = round((t - self.start) * self._to_rate)
        return max(0, self._resampler.input_for(index + 1) - self._frames_in)

    def feed(self, frames: NDArray[np.float32], arrived: float | None = None) -> Chunk:
        """Convert (n, channels) frames; clipped ones are counted in the health.

        `arrived`: time on the monotonic clock at which they came.
        """
        self._frames_in += len(frames)
        peak = np.maximum.reduce(np.abs(frames), axis=None, initial=0)
        if not peak < CLIPPED:  # also true if a value is NaN
            self._clipped_in += int((np.abs(frames) >= CLIPPED).any(axis=1).sum())
            clipped_out = ceil(self._clipped_in * self._to_rate / self._from_rate)
            self.health.clipped += clipped_out - self._clipped_out
            self._clipped_out = clipped_out
        # Resampling a clipped signal overshoots full scale.
        limit = self._from_rate != self._to_rate or not peak <= 1
        chunk = self._chunk(self._resampler.process(mono(frames)), limit)
        if arrived is None or not len(chunk):
            return chunk
        pending = self.end - float(chunk.t[-1])  # s of sound that waits in the resampler
        return replace(chunk, captured=arrived - pending)

    def finish(self) -> Chunk:
        """Return the last samples; a new stretch of sound needs a new SoundStream."""
        return self._chunk(self._resampler.finish(), limit=True)

    def _chunk(self, samples: NDArray[np.float32], limit: bool) -> Chunk:
        first = self._samples_out
        self._samples_out += len(samples)
        t = np.arange(first, self._samples_out) / self._to_rate
        t += self.start
        if limit:
            samples = np.clip(samples, -1, 1)
        return Chunk(t, samples[:, None])
