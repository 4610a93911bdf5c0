"""Pacing for sources that have all samples at once: real time, faster, or without waiting."""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Iterator

CHUNK = 0.05  # s of samples in one chunk
PAUSE = 1.0  # s of source time between two recordings; no samples are invented to fill it
YIELD_INTERVAL = 0.2  # s of wall time; a source must yield every 0.25 s, if only an empty chunk
LONGEST_WAIT = 0.23  # s of wall time, for a source that waits only once
DECISION_STEP = 0.04  # s between two windows of the models


class Pacer:
    """Waits until a sample is due. `speed` 1 is real time, infinity never waits."""

    def __init__(self, speed: float) -> None:
        self.speed = speed
        self._clock = time.monotonic
        self._sleep = time.sleep
        self._start = self._clock()

    def wait_for(self, t: float) -> Iterator[None]:
        """Wait until source time `t`; yield every YIELD_INTERVAL during a long wait."""
        until = self._start + t / self.speed
        while (left := until - self._clock()) > 0:
            self._sleep(min(left, YIELD_INTERVAL))
            if left > YIELD_INTERVAL:
                yield


def add_speed_option(parser: argparse._ArgumentGroup) -> None:
    parser.add_argument(
        "--speed",
        type=_speed,
        default=1.0,
        metavar="X",
        help="playback speed of --replay and --mock: 1 is real time (default), 10 is ten times as "
        "fast, max does not wait",
    )


def _speed(text: str) -> float:
    if text == "max":
        return math.inf
    value = float(text)
    if not 0 < value < math.inf:
        raise argparse.ArgumentTypeError(
            f"{text} is not a speed: give a number above 0 (1 is real time), or max to not wait"
        )
    return value
