"""The simulated hand of `--mock` as a function of time, for an emulated chip to measure."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from edge.source.simulated.hand import SimulatedHand

# The widest ranges: the emulated chip clips at its own, narrower ones.
REQUIREMENTS = {"rate_hz": 100, "accel_g": 16, "gyro_dps": 2000}
HISTORY = 256  # rows in memory: the chip may ask for a time that has passed
# Standard deviations of the noise of a sensor at rest, m/s^2 and rad/s: the datasheet's 400
# ug/sqrt(Hz) and 0.005 deg/s/sqrt(Hz) behind a filter of 44 Hz. Without noise it would look broken.
NOISE = np.repeat((0.026, 0.0006), 3)


class HandMotion:
    """The hand is at rest until `begin`, and again when all digits have been drawn.

    A chip with this `rate_error` measures exactly the samples, one row each, that `--mock` gives
    for the same digits and seed. At rest it measures the first or the last of them with noise.
    """

    def __init__(self, digits: str | None = None, seed: int = 0) -> None:
        """Without `digits`, random ones are drawn without end."""
        self._hand = SimulatedHand(REQUIREMENTS, digits, seed, speed=math.inf)
        with self._hand:
            self._chunks = iter(self._hand)
        first = next(self._chunks)
        self._rows = first.values
        self._first_index = 0  # of `_rows`
        self._rate = 1 / float(first.t[1] - first.t[0])
        self.rate_error = self._rate / REQUIREMENTS["rate_hz"] - 1
        self._noise = np.random.default_rng(seed)
        self._started = False
        self._origin = math.inf

    def begin(self) -> None:
        """Start drawing."""
        self._started = True

    def __call__(self, t: float) -> NDArray[np.float32]:
        if self._started and math.isinf(self._origin):
            # Half way between two rows, so that rounding never selects one row twice.
            self._origin = t - 0.5 / self._rate
        if t <= self._origin:
            return self._at_rest(self._rows[0])
        index = math.floor((t - self._origin) * self._rate)
        while index >= self._first_index + len(self._rows):
            chunk = next(self._chunks, None)
            if chunk is None:
                return self._at_rest(self._rows[-1])
            drop = max(0, len(self._rows) - HISTORY)
            self._rows = np.concatenate([self._rows[drop:], chunk.values])
            self._first_index += drop
        return self._rows[max(0, index - self._first_index)]

    def _at_rest(self, row: NDArray[np.float32]) -> NDArray[np.float32]:
        return (row + self._noise.normal(0, NOISE)).astype(np.float32)
