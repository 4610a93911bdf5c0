"""A live stream of one number a line: an ECG amplifier, such as the AD8232, on an analog input.

Such a sketch prints what analogRead returns, and "!" while an electrode is off. Whole numbers are
steps of the converter; other numbers are taken as mV.
"""

from __future__ import annotations

import logging
from typing import Any

import numpy as np

from edge.errors import SourceError
from edge.samples import ECG, Chunk, Health
from edge.source.serial.text.lines import LineReader
from edge.source.serial.text.timestamps import ArrivalTimes

log = logging.getLogger(__name__)

LISTEN_TIME = 2.0  # s of rows by which the rate is measured
SLOWEST, FASTEST = 80.0, 2000.0  # Hz
FULL_SCALE = 3.0  # mV at the electrodes: 3.3 V at the output of an AD8232 with the gain 1100
CONVERTER_BITS = (10, 12, 14, 16)
EMPTY = Chunk.empty(len(ECG))


class OneColumnStream:
    """Converts bytes to samples. It uses neither port nor clock, as TextStream."""

    channels = ECG

    def __init__(self) -> None:
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
        self._held: list[tuple[float, float]] = []  # value and time of arrival, until then
        self._scale = 1.0  # mV
        self._times: ArrivalTimes

    def describe(self) -> dict[str, Any]:
        """See `Source.describe`."""
        return {"restarted": False}

    def interrupted(self) -> None:
        """The connection was interrupted: the next bytes may begin in the middle of a line."""
        self._lines.restart()

    def feed(self, data: bytes, now: float) -> Chunk:
        """Return the samples that `data` completes."""
        rows = [line for line in self._lines.feed(data) if isinstance(line, list)]
        values = [row[0] if len(row) == 1 else np.nan for row in rows]
        self.promising |= bool(values)
        if self.format is None:
            self._held += [(value, now) for value in values]
            if not self._measure():
                return EMPTY
            values = [value for value, _ in self._held]
        valid = np.isfinite(values)
        self.health.errors += int((~valid).sum())
        t, _, lost = self._times.place(valid, np.zeros(len(values)), now)
        self.health.lost += lost
        chunk = Chunk(t, (self._scale * np.array(values)[valid]).astype(np.float32))
        self.health.count(chunk)
        return chunk

    def _measure(self) -> bool:
        """Measure the rate and find the unit; return whether both are known now."""
        if not self._held:
            return False
        values, arrivals = (np.array(column) for column in zip(*self._held, strict=True))
        listened = arrivals[-1] - arrivals[0]
        if listened < LISTEN_TIME:
            self.obstacle = "numbers came and then stopped: press the board's reset button"
            return False
        # The rows of the first read are not counted: they may have waited in a buffer.
        self.rate = round(float((arrivals > arrivals[0]).sum() / listened), 1)
        if np.isnan(values).mean() > 0.5:
            raise SourceError("the board sends several columns: an ECG is one number a line")
        if not SLOWEST <= self.rate <= FASTEST:
            raise SourceError(
                f"the board's numbers come at {self.rate:g} Hz: this must be between {SLOWEST:g} "
                f"and {FASTEST:g} Hz; change the sketch's delay or its baud rate"
            )
        self._scale, self.format = _unit(values[np.isfinite(values)])
        self._times = ArrivalTimes(self.rate, arrivals[-1] - len(values) / self.rate)
        log.info("one number a line, %g Hz, in %s", self.rate, self.format)
        return True


def _unit(values: np.ndarray) -> tuple[float, str]:
    """The unit of the values in mV, and its name."""
    whole = bool((values == np.round(values)).all()) and values.min() >= 0
    for bits in CONVERTER_BITS:
        if whole and values.max() < 2**bits:
            return FULL_SCALE / 2**bits, f"steps of a converter of {bits} bits"
    return 1.0, "mV"
