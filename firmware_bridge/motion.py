"""The simulated hand of `--mock`, for an emulated chip to hold: motion as a function of time."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from edge.source.simulated.hand import SimulatedHand

NEEDS = {"rate_hz": 100, "accel_g": 16, "gyro_dps": 2000}  # the chip has its own, closer rails
KEPT = 256  # rows that the chip may ask for again


class HandMotion:
    """At rest until `begin`, and again when all digits have been drawn.

    A chip with this `rate_error` reads the very samples that `--mock` gives for these digits and
    this seed: one row each.
    """

    def __init__(self, digits: str | None = None, seed: int = 0) -> None:
        """Random digits without end if no digits are given."""
        self._hand = SimulatedHand(NEEDS, digits, seed, speed=math.inf)
        with self._hand:
            self._chunks = iter(self._hand)
        first = next(self._chunks)
        self._rows = first.values
        self._start = 0  # number of the first row kept
        self._rate = 1 / float(first.t[1] - first.t[0])
        self.rate_error = self._rate / NEEDS["rate_hz"] - 1
        self._wanted = False
        self._origin = math.inf

    def begin(self) -> None:
        """Somebody is listening."""
        self._wanted = True

    def __call__(self, t: float) -> NDArray[np.float32]:
        if self._wanted and math.isinf(self._origin):
            self._origin = (
                t - 0.5 / self._rate
            )  # half way between two rows, so that none is hit twice
        index = max(0, math.floor((t - self._origin) * self._rate)) if t > self._origin else 0
        while index >= self._start + len(self._rows):
            chunk = next(self._chunks, None)
            if chunk is None:
                return self._rows[-1]
            drop = max(0, len(self._rows) - KEPT)
            self._rows = np.concatenate([self._rows[drop:], chunk.values])
            self._start += drop
        return self._rows[max(0, index - self._start)]
