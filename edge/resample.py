"""From one rate to another while the sound comes in, without aliases and without delay.

A windowed sinc, evaluated at the times of the new samples. Between these times and those of the
old samples there are only so many different distances, so that a run of new samples is the product
of a matrix with a run of old ones, and few such matrices take turns. Each product has always the
same shape: the result is the same bit for bit, however the sound is cut into pieces.
"""

from __future__ import annotations

from functools import lru_cache
from math import ceil, floor, gcd

import numpy as np
from numpy.typing import ArrayLike, NDArray

PASSED = 0.86  # of the lower rate's half: what lies below stays as it is
REJECTED_DB = 68.0  # by how much what lies above that half is damped
RUNS = range(64, 23, -1)  # new samples that are computed at a time: few enough to wait for
MATRICES = 256  # kept: as many as any ratio to 16 kHz needs


class Resampler:
    def __init__(self, from_rate: int, to_rate: int) -> None:
        common = gcd(from_rate, to_rate)
        self._up, self._down = to_rate // common, from_rate // common
        self._scale = min(1.0, to_rate / from_rate)  # of the filter, in old samples
        beta = 0.1102 * (REJECTED_DB - 8.7)
        width = (REJECTED_DB - 7.95) / (2.285 * np.pi * (1 - PASSED))
        self._half = ceil(width / 2 / self._scale)  # old samples on each side of a new one
        self._cutoff = (1 + PASSED) / 2 * self._scale
        # As many new samples at a time as make the fewest matrices.
        self._run = max(RUNS, key=lambda run: gcd(run, self._up))
        self._turns = self._up // gcd(self._run, self._up)
        self._span = floor((self._run - 1) * self._down / self._up) + 2 * self._half + 2
        self._matrix = lru_cache(MATRICES)(lambda turn: self._compute(turn, beta))
        self._old = np.zeros(self._half, np.float32)  # as if there had been silence before
        self._first = -self._half  # the number of its first sample
        self._taken = self._made = 0

    def process(self, samples: ArrayLike) -> NDArray[np.float32]:
        """The new samples that these old ones complete; they lag a few ms behind."""
        samples = np.asarray(samples, np.float32)
        self._taken += len(samples)
        if self._up == self._down:
            return samples
        self._old = np.concatenate([self._old, samples])
        return self._make()

    def finish(self) -> NDArray[np.float32]:
        """The last of them, so that there are as many as the time is long."""
        if self._up == self._down:
            return np.empty(0, np.float32)
        missing = -(-self._taken * self._up // self._down) - self._made
        self._old = np.concatenate([self._old, np.zeros(self._span + self._half, np.float32)])
        made = [self._make()]
        while sum(map(len, made)) < missing:
            self._old = np.concatenate([self._old, np.zeros(self._span, np.float32)])
            made.append(self._make())
        self._old = np.empty(0, np.float32)
        return np.concatenate(made)[:missing]

    def _make(self) -> NDArray[np.float32]:
        made = []
        start = self._start()
        while start + self._span <= len(self._old):
            turn = self._made // self._run % self._turns
            made.append(self._old[start : start + self._span] @ self._matrix(turn))
            self._made += self._run
            start = self._start()
        self._old = self._old[start:]
        self._first += start
        return np.concatenate(made) if made else np.empty(0, np.float32)

    def _start(self) -> int:
        """Where in `_old` the run begins that is next."""
        return self._made * self._down // self._up - self._half - self._first

    def _compute(self, turn: int, beta: float) -> NDArray[np.float32]:
        """(span, run) by which the old samples are multiplied."""
        made = turn * self._run + np.arange(self._run)
        begin = turn * self._run * self._down // self._up - self._half
        # In old samples; the whole part apart, so that nothing is lost in large numbers.
        whole, rest = np.divmod(made * self._down, self._up)
        distance = (whole - begin + rest / self._up) - np.arange(self._span)[:, None]
        inside = np.clip(1 - (distance / self._half) ** 2, 0, None)
        window = np.where(np.abs(distance) < self._half, np.i0(beta * np.sqrt(inside)), 0)
        kernel = self._cutoff * np.sinc(self._cutoff * distance) * window
        return (kernel / kernel.sum(axis=0)).astype(np.float32)


def resampled(samples: ArrayLike, from_rate: int, to_rate: int) -> NDArray[np.float32]:
    """A whole sound at another rate."""
    resampler = Resampler(from_rate, to_rate)
    return np.concatenate([resampler.process(samples), resampler.finish()])
