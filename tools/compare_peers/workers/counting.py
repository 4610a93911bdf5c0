"""Shared by the workers: count decisions, note the time of the first, and read the sound.

It imports only the standard library, because each worker runs in the environment of its peer.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

BLOCK = 2048  # bytes, as the commands of the peers read
RATE = 16000
WORDS = ("down", "go", "left", "no", "off", "on", "right", "stop", "up", "yes")
"""The ten words of kws-listen."""


class DecisionCounter:
    def __init__(self) -> None:
        self.first: float | None = None
        """Time of the first decision by the monotonic clock."""
        self.first_cpu_s: float | None = None
        """Processor time of this process until then."""
        self.decisions = 0

    def count(self) -> None:
        """Count one decision."""
        if self.first is None:
            self.first, self.first_cpu_s = time.monotonic(), time.process_time()
        self.decisions += 1

    def counting(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """The same function, of which each call counts as a decision."""

        def counted(*arguments: Any) -> Any:
            result = function(*arguments)
            self.count()
            return result

        return counted

    def write_report(self, **more: Any) -> None:
        with open(os.environ["PEER_REPORT"], "w") as file:
            counts = {"first": self.first, "first_cpu_s": self.first_cpu_s}
            json.dump({**counts, "decisions": self.decisions, **more}, file)


def blocks() -> Iterator[bytes]:
    """The sound on stdin."""
    while block := sys.stdin.buffer.read(BLOCK):
        yield block


def clips(path: str) -> Iterator[bytes]:
    """The clips in a file, each of one second."""
    with open(path, "rb") as file:
        while clip := file.read(2 * RATE):
            yield clip


def float_samples(pcm: bytes) -> Any:
    """16-bit samples as a NumPy array of float32, where full scale is 1."""
    import numpy as np  # not every environment has it

    return np.frombuffer(pcm, "<i2") / np.float32(32768)
