"""A live stream of plain CSV, as most sketches print it, recognised by itself.

Acceleration may be in g or m/s^2, turn rate in deg/s or rad/s: `row_units` tells which, and until
it can nothing is delivered. Clipping cannot be seen in such rows.
"""

from __future__ import annotations

import logging
from typing import Any

import numpy as np

from edge.errors import SourceError
from edge.samples import DEGREE, STANDARD_GRAVITY, Chunk, Health
from edge.source.serial.text import units
from edge.source.serial.text.format import SAME, Listener, TextFormat
from edge.source.serial.text.lines import LineReader, is_header
from edge.source.serial.text.times import ArrivalTimes, StampedTimes

log = logging.getLogger(__name__)

HOLD = 10.0  # s of rows that are kept until the unit of the gyro shows
PATIENCE = 2.0  # s of them before the user is asked to help
LOOK = 0.25  # s of rows between two looks for it
LARGEST_ACCEL = 16.5 * STANDARD_GRAVITY  # m/s^2; more is no measurement but a damaged row
LARGEST_GYRO = 2100 * DEGREE  # rad/s
EMPTY = Chunk(np.empty(0), np.empty((0, 6), np.float32))


class TextStream:
    """Reads no port and no clock, so that each of its states can be had in a test."""

    def __init__(self) -> None:
        self.health = Health()
        self.format: TextFormat | None = None
        """What the rows are, once that is known."""
        self.promising = False
        """Has anything come that belongs to such a stream?"""
        self._lines = LineReader(self.health)
        self._listener = Listener(self.health)
        self._times: ArrivalTimes | StampedTimes
        self._offset = np.zeros(3)  # the gravity that the sketch has subtracted, in its unit
        self._gyro_scale: float | None = None
        self._held: list[Chunk] = []  # until the unit of the gyro is known
        self._look_at = 0.0
        self._asked = False
        self._restarted = False

    @property
    def obstacle(self) -> str:
        """Why rows that did come are not understood yet."""
        return self._listener.obstacle

    @property
    def channels(self) -> tuple[str, ...]:
        return self._form.layout.channels

    @property
    def rate(self) -> float:
        return self._form.rate

    def describe(self) -> dict[str, Any]:
        """See `Source.describe`."""
        return {"restarted": self._restarted}

    @property
    def _form(self) -> TextFormat:
        assert self.format, "asked before the rows were understood"
        return self.format

    def feed(self, data: bytes, now: float) -> Chunk:
        """The samples that `data` completes."""
        rows = []
        for line in self._lines.feed(data):
            if isinstance(line, str):
                self.promising |= bool(line)
                self._read_banner(line)
            elif self.format and line:
                rows.append(line)
            elif line:
                self._listener.hear(line, now)
            else:
                self._listener.hear_noise()
        if not self.format:
            rows = self._begin() if data else []
        if not self.format:
            return EMPTY
        chunk = self._convert(self.format, rows, now)
        if self._gyro_scale is None:
            chunk = self._hold(chunk)
        self.health.count(chunk)
        return chunk

    def interrupted(self) -> None:
        """The line was cut: it may go on in the middle of a row."""
        self._lines.begin()

    def _read_banner(self, line: str) -> None:
        self._restarted |= line.startswith(("Initializing", "MPU6050 connection"))
        if line.startswith("Offset:"):
            try:
                offset = np.array([float(part) for part in line.split()[1:]])
            except ValueError:
                return
            if len(offset) == 3:
                # Only what is as long as gravity, in a unit that we know, can have been gravity.
                known = units.accel_scale(float(np.linalg.norm(offset)))
                self._offset = offset if known else np.zeros(3)
        elif line.startswith("MPU6050 connection failed"):
            message = "the board cannot reach its MPU6050: check the wiring (VCC, GND, SDA, SCL)"
            if not self.format:
                raise SourceError(message)
            log.warning(message)
        elif not self.format and is_header(line):
            self._listener.header(line)

    def _begin(self) -> list[list[float]]:
        """All rows so far, if by now it is known what they are."""
        self.promising |= len(self._listener.rows) >= SAME
        self.format = self._listener.decide(self._offset)
        if not self.format:
            return []
        layout, rate = self.format.layout, self.format.measured
        rows = list(self._listener.rows)
        if layout.time is None:
            self._times = ArrivalTimes(rate, self._listener.arrivals[-1] - len(rows) / rate)
        else:
            self._times = StampedTimes(rate)
        if not layout.gyro or (layout.si and self.format.accel_scale == 1):
            self._gyro_scale = 1.0
        return rows

    def _convert(self, form: TextFormat, rows: list[list[float]], now: float) -> Chunk:
        layout = form.layout
        damaged = [np.nan] * layout.width
        table = np.array([row if len(row) == layout.width else damaged for row in rows])
        table = table.reshape(-1, layout.width)
        accel = (table[:, layout.accel] + self._offset) * form.accel_scale
        gyro = table[:, layout.gyro] * (self._gyro_scale or 1)
        fastest = LARGEST_GYRO / (1 if self._gyro_scale else DEGREE)
        # Comparisons with nan are false, so what is no number is not good either.
        sound = np.hstack([np.abs(accel) <= LARGEST_ACCEL, np.abs(gyro) <= fastest])
        good = np.asarray(sound.all(axis=1))
        stamps = np.zeros(len(table))
        if layout.time is not None:
            stamps = table[:, layout.time] * layout.time_unit
            good &= np.isfinite(stamps)
        t, good, lost = self._times.place(good, stamps, now)
        self.health.lost += lost
        self.health.errors += int((~good).sum())
        return Chunk(t, np.hstack([accel, gyro])[good].astype(np.float32))

    def _hold(self, chunk: Chunk) -> Chunk:
        """Keep the newest rows until they tell the gyro's unit; all of them once they have."""
        if len(chunk):
            self._held.append(chunk)
        if not self._held or self._held[-1].t[-1] < self._look_at:
            return EMPTY
        t = np.concatenate([held.t for held in self._held])
        values = np.concatenate([held.values for held in self._held])
        self._look_at = t[-1] + LOOK
        self._gyro_scale = units.gyro_scale(t, values[:, :3], values[:, 3:])
        if self._gyro_scale is None:
            recent = t > t[-1] - HOLD
            self.health.lost += int((~recent).sum())
            self._held = [Chunk(t[recent], values[recent])]
            if t[-1] - t[0] > PATIENCE and not self._asked:
                self._asked = True
                log.warning("is the gyro in deg/s or rad/s? Tilt the sensor, then it will show")
            return EMPTY
        log.info("turn rate is in %s", "rad/s" if self._gyro_scale == 1 else "deg/s")
        self._held.clear()
        values[:, 3:] *= self._gyro_scale
        return Chunk(t, values)
