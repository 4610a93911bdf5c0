"""Time stamps for the rows of a text stream: from its time column, or else from their arrival."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from edge.source.sample_clock import SampleClock
from edge.source.serial.device_clock import MICROSECONDS, SEQUENCE_NUMBERS, DeviceClock

GAP = 0.5  # s without a row that count as missing rows, not as one late row


class ArrivalTimes:
    """For rows without times: spaced by the measured rate, which is corrected slowly."""

    def __init__(self, rate: float, start: float) -> None:
        self._clock = SampleClock(rate, start)
        self._origin = start
        self._previous = start

    def place(
        self, valid: NDArray[np.bool_], stamps: NDArray[np.float64], now: float
    ) -> tuple[NDArray[np.float64], NDArray[np.bool_], int]:
        """Return the times of the valid rows, which rows these are, and the number of lost ones."""
        lost = int((~valid).sum())
        times = np.empty(0)
        if len(valid):
            first = now - len(valid) * self._clock.period
            if first - self._clock.newest > GAP:
                lost += self._clock.skip(first)
            times = self._clock.stamp(len(valid), min(self._previous, now), now)[valid]
        self._previous = now
        return times - self._origin, valid, lost


class ColumnTimes:
    """For rows with a time column, which also shows how many rows are missing between them."""

    def __init__(self, rate: float) -> None:
        self._rate = rate
        self._clock = DeviceClock()
        self._number = 0
        self._last_us = 0

    def place(
        self, valid: NDArray[np.bool_], stamps: NDArray[np.float64], now: float
    ) -> tuple[NDArray[np.float64], NDArray[np.bool_], int]:
        """As ArrivalTimes.place; a row with the same time as the row before is not valid."""
        lost = 0
        times = []
        accepted = valid.copy()
        for at in np.flatnonzero(valid):
            time_us = round(stamps[at] * 1e6) % MICROSECONDS
            passed = (time_us - self._last_us) % MICROSECONDS
            self._number += max(1, round(passed * self._rate / 1e6)) if passed else 0
            self._last_us = time_us
            step = self._clock.step(self._number % SEQUENCE_NUMBERS, time_us, self._rate, now)
            if step is None:
                accepted[at] = False
                continue
            lost += step.lost
            times.append(step.t)
        return np.array(times), accepted, lost
