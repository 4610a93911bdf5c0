"""Evenly spaced samples at the rate of a model, from samples at any times."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

TOLERANCE = 1e-3  # of a sample interval: a given sample so near is taken as it is
DENSE = 0.5  # of a sample interval: if given samples are at most so far apart, they are averaged


class EvenGrid:
    """One segment: samples without a gap.

    Sample k is at the time `start` + k / rate. It is a given sample if there is one at that time,
    else the value there of the line through the given samples. If the given samples come at least
    twice as fast, it is the mean of that line over one sample interval, so that fast changes do not
    appear as slow ones. No sample depends on how the stream is cut into chunks.
    """

    def __init__(self, start: float, rate: float, channels: int) -> None:
        self._start, self._rate = start, rate
        self._t = np.empty(0)
        self._values = np.empty((0, channels))
        self._next = 0  # number of the next sample

    def time_of(self, sample: float) -> float:
        """Time of a sample in s."""
        return self._start + sample / self._rate

    def process(
        self, t: NDArray[np.float64], values: NDArray[np.floating]
    ) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
        """The samples (n, channels) that the given ones complete.

        Also, for each of them, the time of the newest given sample that it depends on.
        """
        self._t = np.concatenate([self._t, t])
        self._values = np.concatenate([self._values, values])
        interval = 1 / self._rate
        tolerance = TOLERANCE * interval
        times = self._times_until(self._t[-1] + tolerance)
        after = np.searchsorted(self._t, times - tolerance)  # the first given sample not before
        before = np.maximum(after - 1, 0)
        step = self._t[after] - self._t[before]
        dense = (step > 0) & (step <= (DENSE + TOLERANCE) * interval)
        newest = np.where(dense, np.searchsorted(self._t, times + interval / 2), after)
        count = int(np.searchsorted(newest, len(self._t)))  # the others wait for more samples
        exact = self._t[after] <= times + tolerance
        share = np.where(exact, 1.0, (times - self._t[before]) / np.where(step > 0, step, 1))
        low, high = self._values[before], self._values[after]
        samples = np.where(exact[:, None], high, low + (high - low) * share[:, None])[:count]
        for k in np.flatnonzero(dense[:count]):
            samples[k] = self._mean(times[k] - interval / 2, times[k] + interval / 2)
        decided = self._t[newest[:count]]
        self._next += count
        unused = int(np.searchsorted(self._t, self.time_of(self._next) - interval)) - 1
        self._t, self._values = self._t[max(0, unused) :], self._values[max(0, unused) :]
        return samples.astype(np.float32), decided

    def _times_until(self, end: float) -> NDArray[np.float64]:
        """The times of the next samples, up to `end`."""
        count = max(0, int((end - self.time_of(self._next)) * self._rate) + 2)
        times = self._start + np.arange(self._next, self._next + count) / self._rate
        return times[times <= end]

    def _mean(self, start: float, end: float) -> NDArray[np.float64]:
        """The mean of the line from time `start` to time `end`."""
        start = max(start, float(self._t[0]))
        first, last = np.searchsorted(self._t, start, "right"), np.searchsorted(self._t, end)
        near = slice(max(0, int(first) - 1), int(last) + 1)
        t = np.concatenate([[start], self._t[first:last], [end]])
        columns = [np.interp(t, self._t[near], column[near]) for column in self._values.T]
        values = np.stack(columns, axis=1)
        areas = (values[1:] + values[:-1]) / 2 * np.diff(t)[:, None]
        mean: NDArray[np.float64] = areas.sum(axis=0) / (end - start)
        return mean
