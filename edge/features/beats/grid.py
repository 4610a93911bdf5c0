"""Evenly spaced samples at RATE, from samples at any times."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

RATE = 180.0  # Hz; a QRS complex has its energy below 40 Hz
BLOCK = 36  # samples that are computed together: 0.2 s
MAX_GAP = 1.0  # s without samples that are bridged by a line; a longer gap ends the segment


class Grid:
    """One segment: samples without a gap that is longer than MAX_GAP.

    Sample k is the mean over the time from `start` + k / RATE to `start` + (k + 1) / RATE of the
    line through the given samples. The blocks do not depend on how the stream is cut into chunks.
    """

    def __init__(self, start: float) -> None:
        self.start = start
        """Time of the first given sample, in s."""
        self._t = np.empty(0)
        self._values = np.empty(0)
        self._blocks = 0

    def time_of(self, sample: float) -> float:
        """Time of the middle of a sample in s."""
        return self.start + (sample + 0.5) / RATE

    def process(self, t: NDArray[np.float64], values: NDArray[np.floating]) -> Iterator[NDArray]:
        """Blocks of BLOCK samples that the given samples complete."""
        self._t = np.concatenate([self._t, t])
        self._values = np.concatenate([self._values, values])
        while len(self._t) and self._edges()[-1] <= self._t[-1]:
            edges = self._edges()
            last = int(np.searchsorted(self._t, edges[-1])) + 1
            integral = _integral_at(edges, self._t[:last], self._values[:last])
            yield np.diff(integral) * RATE
            self._blocks += 1
            first = max(0, int(np.searchsorted(self._t, edges[-1], "right")) - 1)
            self._t, self._values = self._t[first:], self._values[first:]

    def _edges(self) -> NDArray[np.float64]:
        """Times of the edges of the samples of the next block."""
        return self.start + np.arange(self._blocks * BLOCK, (self._blocks + 1) * BLOCK + 1) / RATE


def _integral_at(
    edges: NDArray[np.float64], t: NDArray[np.float64], values: NDArray[np.float64]
) -> NDArray[np.float64]:
    """The integral from t[0] to each edge of the line through the samples."""
    steps = np.diff(t)
    areas = np.concatenate([[0.0], np.cumsum((values[1:] + values[:-1]) / 2 * steps)])
    before = np.clip(np.searchsorted(t, edges, "right") - 1, 0, len(t) - 2)
    passed = edges - t[before]
    slope = (values[before + 1] - values[before]) / steps[before]
    integral: NDArray[np.float64] = areas[before] + passed * (values[before] + slope * passed / 2)
    return integral
