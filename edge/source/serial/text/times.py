"""When each row of a text stream was taken: by its own time column, or else by its arrival."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from edge.source.sample_clock import SampleClock
from edge.source.serial.device_clock import MICROSECONDS, NUMBERS, DeviceClock

GAP = 0.5  # s without a row that are rows missing, and not just a row late


class ArrivalTimes:
    """Rows without times, spaced evenly: the measured rate, corrected slowly."""

    def __init__(self, rate: float, start: float) -> None:
        self._clock = SampleClock(rate, start)
        self._origin = start
        self._before = start

    def place(
        self, good: NDArray[np.bool_], stamps: NDArray[np.float64], now: float
    ) -> tuple[NDArray[np.float64], NDArray[np.bool_], int]:
        """Times of the good rows, which rows these are, and how many samples are missing."""
        lost = int((~good).sum())
        times = np.empty(0)
        if len(good):
            first = now - len(good) * self._clock.period
            if first - self._clock.newest > GAP:
                lost += self._clock.skip(first)
            times = self._clock.stamp(len(good), min(self._before, now), now)[good]
        self._before = now
        return times - self._origin, good, lost


class StampedTimes:
    """Rows with times, which tell what is missing between them."""

    def __init__(self, rate: float) -> None:
        self._rate = rate
        self._clock = DeviceClock()
        self._number = 0
        self._last = 0

    def place(
        self, good: NDArray[np.bool_], stamps: NDArray[np.float64], now: float
    ) -> tuple[NDArray[np.float64], NDArray[np.bool_], int]:
        """As ArrivalTimes; a row whose time is that of the row before is not good."""
        lost = 0
        times = []
        kept = good.copy()
        for at in np.flatnonzero(good):
            time_us = round(stamps[at] * 1e6) % MICROSECONDS
            passed = (time_us - self._last) % MICROSECONDS
            self._number += max(1, round(passed * self._rate / 1e6)) if passed else 0
            self._last = time_us
            step = self._clock.step(self._number % NUMBERS, time_us, self._rate, now)
            if step is None:
                kept[at] = False
                continue
            lost += step.lost
            times.append(step.t)
        return np.array(times), kept, lost
