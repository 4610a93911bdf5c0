"""Real time, or faster, for sources that could deliver everything at once."""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Iterator

CHUNK = 0.05  # s
BETWEEN = 1.0  # s of source time from one recording to the next: nothing is invented to fill it
PATIENCE = 0.2  # s of wall time without a sample, after which the reader hears something


class Pace:
    """`speed` 1 is real time, infinity does not wait."""

    def __init__(self, speed: float) -> None:
        self.speed = speed
        self._clock = time.monotonic
        self._sleep = time.sleep
        self._start = self._clock()

    def wait_for(self, t: float) -> Iterator[None]:
        """Until source time `t` has come; yields now and then if that takes long."""
        until = self._start + t / self.speed
        while (left := until - self._clock()) > 0:
            self._sleep(min(left, PATIENCE))
            if left > PATIENCE:
                yield


def speed(text: str) -> float:
    """How fast, as an option gives it."""
    if text == "max":
        return math.inf
    chosen = float(text)
    if not 0 < chosen < math.inf:
        raise argparse.ArgumentTypeError(f"{text} is no speed: 1 is real time, max has no waiting")
    return chosen
