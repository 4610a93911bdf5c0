"""Time stamps for a sensor that counts time only by its samples.

The sensor's oscillator may be off by per cents and the host may be late, but each look into the
FIFO tells that the newest sample is at most one period old. So the stamps run on the sensor's
period, measured along the way, and are held inside that window: they never drift off the host's
clock, and a late host does not make them jitter.
"""

from __future__ import annotations

from collections import deque

import numpy as np
from numpy.typing import NDArray

LEARN = 5.0  # s of stream before the measured period (then good to 0.2 % at 100 Hz) is believed
ANCHORS = 60  # one a second: the period is measured over the last minute


class SampleClock:
    """Knows when the newest sample was taken, and books each sample: stamped or lost."""

    def __init__(self, rate: float, start: float) -> None:
        self.period = 1 / rate
        self.newest = start
        """When the newest booked sample was taken; to begin with, when sampling started."""
        self._booked = 0
        self._anchors: deque[tuple[int, float]] = deque(maxlen=ANCHORS)

    def stamp(self, count: int, before: float, after: float) -> NDArray[np.float64]:
        """Times of `count` >= 1 samples; the newest was seen first between `before` and `after`.

        The times are strictly increasing over all calls.
        """
        expected = self.newest + count * self.period
        newest = min(max(expected, before - self.period), after)
        newest = max(newest, self.newest + count * 1e-6)
        times = self.newest + (newest - self.newest) * np.arange(1, count + 1) / count
        self.newest = newest
        self._booked += count
        self._learn()
        return times

    def skip(self, now: float) -> int:
        """How many samples were taken since the newest booked one: they are booked as lost."""
        lost = max(0, int((now - self.newest) / self.period))
        self.newest += lost * self.period
        if lost:
            self._anchors.clear()  # the guess must not teach us the period
        return lost

    def _learn(self) -> None:
        if not self._anchors or self.newest - self._anchors[-1][1] >= 1:
            self._anchors.append((self._booked, self.newest))
        booked, time = self._anchors[0]
        if self.newest - time >= LEARN:
            self.period = (self.newest - time) / (self._booked - booked)
