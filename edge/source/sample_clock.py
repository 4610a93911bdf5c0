"""Time stamps for a sensor that has a sample counter but no clock.

The sensor's oscillator may be off by per cents and the host may read late. But at each read of the
FIFO the newest sample is at most one period old, which bounds its time. The time stamps advance by
the sensor's period, which is measured while streaming, and are clamped to these bounds: they never
drift away from the host's clock, and a late read causes no jitter.
"""

from __future__ import annotations

from collections import deque

import numpy as np
from numpy.typing import NDArray

MEASURING_TIME = 5.0  # s of stream after which the measured period is used: it is then good to
# 0.2 % at 100 Hz
ANCHORS = 60  # one a second: the period is measured over the last minute
SMALLEST_STEP = 1e-6  # s between two time stamps: they must be strictly increasing


class SampleClock:
    """Accounts for each sample: either it gets a time stamp or it is counted as lost."""

    def __init__(self, rate: float, start: float) -> None:
        self.period = 1 / rate
        self.newest = start
        """Time of the newest sample accounted for; at first, the time when sampling started."""
        self._count = 0
        self._anchors: deque[tuple[int, float]] = deque(maxlen=ANCHORS)

    def stamp(self, count: int, before: float, after: float) -> NDArray[np.float64]:
        """Return the times of `count` >= 1 samples.

        The newest sample became visible between `before` and `after`. The times are strictly
        increasing over all calls.
        """
        expected = self.newest + count * self.period
        newest = min(max(expected, before - self.period), after)
        newest = max(newest, self.newest + count * SMALLEST_STEP)
        times = self.newest + (newest - self.newest) * np.arange(1, count + 1) / count
        self.newest = newest
        self._count += count
        self._measure_period()
        return times

    def skip(self, now: float) -> int:
        """Return how many samples were taken since the newest one: they count as lost."""
        lost = max(0, int((now - self.newest) / self.period))
        self.newest += lost * self.period
        if lost:
            self._anchors.clear()  # `lost` is an estimate: the period must not be measured over it
        return lost

    def _measure_period(self) -> None:
        if not self._anchors or self.newest - self._anchors[-1][1] >= 1:
            self._anchors.append((self._count, self.newest))
        count, time = self._anchors[0]
        if self.newest - time >= MEASURING_TIME:
            self.period = (self.newest - time) / (self._count - count)
