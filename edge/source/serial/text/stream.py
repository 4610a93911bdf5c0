"""A live stream of plain CSV, as most sketches print it, with automatic detection of its format.

Acceleration may be in g or m/s^2, turn rate in deg/s or rad/s: the module `units` finds out which,
and no sample is delivered before that. Clipping is not visible in such rows.
"""

from __future__ import annotations

import logging
from typing import Any

import numpy as np

from edge.errors import SourceError
from edge.samples import DEGREE, STANDARD_GRAVITY, Chunk, Health
from edge.source.serial.text import units
from edge.source.serial.text.format_detector import SAME_WIDTH_ROWS, FormatDetector, TextFormat
from edge.source.serial.text.lines import LineReader, is_header
from edge.source.serial.text.timestamps import ArrivalTimes, ColumnTimes

log = logging.getLogger(__name__)

HOLD_TIME = 10.0  # s of rows that are held back until the unit of the gyro is known
ASK_AFTER = 2.0  # s of rows before the user is asked to tilt the sensor
DETECT_INTERVAL = 0.25  # s of rows between two attempts to find the unit
LARGEST_ACCEL = 16.5 * STANDARD_GRAVITY  # m/s^2; more is not a measurement but a damaged row
LARGEST_GYRO = 2100 * DEGREE  # rad/s
EMPTY = Chunk.empty(6)


class TextStream:
    """Converts bytes to samples. It uses neither port nor clock, so tests can reach every state."""

    def __init__(self) -> None:
        self.health = Health()
        self.format: TextFormat | None = None
        """The format of the rows, once it is known."""
        self.promising = False
        """Whether anything has come that belongs to such a stream."""
        self._lines = LineReader(self.health)
        self._detector = FormatDetector(self.health)
        self._times: ArrivalTimes | ColumnTimes
        self._offset = np.zeros(3)  # the gravity that the sketch has subtracted, in its unit
        self._gyro_scale: float | None = None
        self._held: list[Chunk] = []  # until the unit of the gyro is known
        self._next_detection = 0.0
        self._asked_to_tilt = False
        self._restarted = False

    @property
    def obstacle(self) -> str:
        """Why rows have come but their format is not known yet."""
        return self._detector.obstacle

    @property
    def channels(self) -> tuple[str, ...]:
        return self._known_format.layout.channels

    @property
    def rate(self) -> float:
        return self._known_format.rate

    def describe(self) -> dict[str, Any]:
        """See `Source.describe`."""
        return {"restarted": self._restarted}

    @property
    def _known_format(self) -> TextFormat:
        assert self.format, "used before the format was known"
        return self.format

    def feed(self, data: bytes, now: float) -> Chunk:
        """Return the samples that `data` completes."""
        rows = []
        for line in self._lines.feed(data):
            if isinstance(line, str):
                self.promising |= bool(line)
                self._read_banner(line)
            elif self.format and line:
                rows.append(line)
            elif line:
                self._detector.add_row(line, now)
            else:
                self._detector.add_garbage()
        if not self.format:
            rows = self._detect_format() if data else []
        if not self.format:
            return EMPTY
        chunk = self._convert(self.format, rows, now)
        if self._gyro_scale is None:
            chunk = self._hold(chunk)
        self.health.count(chunk)
        return chunk

    def interrupted(self) -> None:
        """The connection was interrupted: the next bytes may begin in the middle of a row."""
        self._lines.restart()

    def _read_banner(self, line: str) -> None:
        self._restarted |= line.startswith(("Initializing", "MPU6050 connection"))
        if line.startswith("Offset:"):
            try:
                offset = np.array([float(part) for part in line.split()[1:]])
            except ValueError:
                return
            if len(offset) == 3:
                # It is gravity only if its magnitude is gravity in a known unit.
                known = units.accel_scale(float(np.linalg.norm(offset)))
                self._offset = offset if known else np.zeros(3)
        elif line.startswith("MPU6050 connection failed"):
            message = "the board cannot reach its MPU6050: check the wiring (VCC, GND, SDA, SCL)"
            if not self.format:
                raise SourceError(message)
            log.warning(message)
            self.health.degraded(message)
        elif not self.format and is_header(line):
            self._detector.add_header(line)

    def _detect_format(self) -> list[list[float]]:
        """Return all rows so far if their format is known now, or else none."""
        self.promising |= len(self._detector.rows) >= SAME_WIDTH_ROWS
        self.format = self._detector.detect(self._offset)
        if not self.format:
            return []
        layout, rate = self.format.layout, self.format.measured_rate
        rows = list(self._detector.rows)
        if layout.time is None:
            self._times = ArrivalTimes(rate, self._detector.arrivals[-1] - len(rows) / rate)
        else:
            self._times = ColumnTimes(rate)
        if not layout.gyro or (layout.si and self.format.accel_scale == 1):
            self._gyro_scale = 1.0
        return rows

    def _convert(self, text_format: TextFormat, rows: list[list[float]], now: float) -> Chunk:
        """Convert rows to SI units with time stamps, without the damaged rows."""
        layout = text_format.layout
        damaged = [np.nan] * layout.width
        table = np.array([row if len(row) == layout.width else damaged for row in rows])
        table = table.reshape(-1, layout.width)
        accel = (table[:, layout.accel] + self._offset) * text_format.accel_scale
        gyro = table[:, layout.gyro] * (self._gyro_scale or 1)
        largest_gyro = LARGEST_GYRO / (1 if self._gyro_scale else DEGREE)
        # Comparisons with nan are false, so rows with nan are not valid.
        in_range = np.hstack([np.abs(accel) <= LARGEST_ACCEL, np.abs(gyro) <= largest_gyro])
        valid = np.asarray(in_range.all(axis=1))
        stamps = np.zeros(len(table))
        if layout.time is not None:
            stamps = table[:, layout.time] * layout.time_unit
            valid &= np.isfinite(stamps)
        t, valid, lost = self._times.place(valid, stamps, now)
        self.health.lost += lost
        self.health.errors += int((~valid).sum())
        return Chunk(t, np.hstack([accel, gyro])[valid].astype(np.float32))

    def _hold(self, chunk: Chunk) -> Chunk:
        """Hold samples back until they show the gyro's unit; then return all of them."""
        if len(chunk):
            self._held.append(chunk)
        if not self._held or self._held[-1].t[-1] < self._next_detection:
            return EMPTY
        t = np.concatenate([held.t for held in self._held])
        values = np.concatenate([held.values for held in self._held])
        self._next_detection = t[-1] + DETECT_INTERVAL
        self._gyro_scale = units.gyro_scale(t, values[:, :3], values[:, 3:])
        if self._gyro_scale is None:
            recent = t > t[-1] - HOLD_TIME
            self.health.lost += int((~recent).sum())
            self._held = [Chunk(t[recent], values[recent])]
            if t[-1] - t[0] > ASK_AFTER and not self._asked_to_tilt:
                self._asked_to_tilt = True
                message = "is the gyro in deg/s or rad/s? Tilt the sensor, then it will show"
                log.warning(message)
                self.health.degraded(message)
            return EMPTY
        log.info("turn rate is in %s", "rad/s" if self._gyro_scale == 1 else "deg/s")
        self._held.clear()
        values[:, 3:] *= self._gyro_scale
        return Chunk(t, values)
