"""A live stream of lines with one number for each channel, as most sketches print them.

Commas, semicolons or spaces separate the numbers. A number before them, if there is one more than
channels, is a time and is left out: the rate is measured by the arrival of the lines.
"""

from __future__ import annotations

import logging
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.errors import SourceError
from edge.samples import Chunk, Health
from edge.source.serial.text.lines import LineReader
from edge.source.serial.text.timestamps import ArrivalTimes

log = logging.getLogger(__name__)

LISTEN_TIME = 2.0  # s of rows by which the rate is measured ...
FEWEST_ROWS = 6  # ... if they are so many


class NumberStream:
    """Converts bytes to samples. It uses neither port nor clock, as TextStream."""

    slowest, fastest = 0.5, 10_000.0  # Hz

    def __init__(self, channels: tuple[str, ...]) -> None:
        self.channels = channels
        self.health = Health()
        self.format: str | None = None
        """The unit of the numbers, once it is known."""
        self.rate = 0.0
        """Measured rate in Hz, once the format is known."""
        self.promising = False
        """Whether a number has come."""
        self.obstacle = ""
        """Why numbers have come but their rate is not known yet."""
        self._lines = LineReader(self.health)
        self._held: list[tuple[list[float], float]] = []  # row and time of arrival, until then
        self._scale = 1.0
        self._times: ArrivalTimes

    def describe(self) -> dict[str, Any]:
        """See `Source.describe`."""
        return {"restarted": False}

    def interrupted(self) -> None:
        """The connection was interrupted: the next bytes may begin in the middle of a line."""
        self._lines.restart()

    def feed(self, data: bytes, now: float) -> Chunk:
        """Return the samples that `data` completes."""
        rows = [self._row(line) for line in self._lines.feed(data) if isinstance(line, list)]
        self.promising |= bool(rows)
        if self.format is None:
            self._held += [(row, now) for row in rows]
            if not self._measure():
                return Chunk.empty(len(self.channels))
            rows = [row for row, _ in self._held]
            self._held.clear()
        values = np.array(rows, np.float64).reshape(-1, len(self.channels))
        valid = np.asarray(np.isfinite(values).all(axis=1))
        self.health.errors += int((~valid).sum())
        t, _, lost = self._times.place(valid, np.zeros(len(values)), now)
        self.health.lost += lost
        chunk = Chunk(t, (self._scale * values[valid]).astype(np.float32))
        self.health.count(chunk)
        return chunk

    def wrong_columns(self) -> str:
        """The error if most rows have another number of columns."""
        return (
            f"the board sends other numbers of columns than {len(self.channels)}: print one number "
            f"for each of {', '.join(self.channels)} in a line"
        )

    def unit(self, values: NDArray[np.float64]) -> tuple[float, str]:
        """What the values are multiplied by, and the name of their unit."""
        return 1.0, "the unit of the board"

    def _row(self, numbers: list[float]) -> list[float]:
        count = len(self.channels)
        if len(numbers) == count + 1 and count > 1:
            numbers = numbers[1:]
        return numbers if len(numbers) == count else [np.nan] * count

    def _measure(self) -> bool:
        """Measure the rate and find the unit; return whether both are known now."""
        if not self._held:
            return False
        values = np.array([row for row, _ in self._held])
        arrivals = np.array([arrival for _, arrival in self._held])
        listened = arrivals[-1] - arrivals[0]
        if listened < LISTEN_TIME or len(values) < FEWEST_ROWS:
            self.obstacle = "numbers came and then stopped: press the board's reset button"
            return False
        # The rows of the first read are not counted: they may have waited in a buffer.
        self.rate = round(float((arrivals > arrivals[0]).sum() / listened), 1)
        invalid = np.isnan(values).any(axis=1)
        if invalid.mean() > 0.5:
            raise SourceError(self.wrong_columns())
        if not self.slowest <= self.rate <= self.fastest:
            raise SourceError(
                f"the board's numbers come at {self.rate:g} Hz: this must be between "
                f"{self.slowest:g} and {self.fastest:g} Hz; change the sketch's delay or its baud "
                "rate"
            )
        self._scale, self.format = self.unit(values[~invalid])
        self._times = ArrivalTimes(self.rate, arrivals[-1] - len(values) / self.rate)
        log.info("%d numbers a line, %g Hz, in %s", len(self.channels), self.rate, self.format)
        return True
