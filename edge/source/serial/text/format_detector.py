"""Detects what the rows of a text stream hold: columns, rate, unit of the acceleration."""

from __future__ import annotations

import logging
from collections import deque
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge.errors import SourceError
from edge.samples import STANDARD_GRAVITY, Health
from edge.source.serial.text import columns, units
from edge.source.serial.text.columns import ColumnLayout

log = logging.getLogger(__name__)

LISTEN_TIME = 1.0  # s of rows before the format is detected ...
ENOUGH_ROWS = 15  # ... if they are at least so many; ...
LONGEST_LISTEN_TIME = 2.5  # ... from a slower stream it is detected after this time
SAME_WIDTH_ROWS = 5  # rows of one width before that width is accepted
MAX_ROWS = 2000  # the newest, kept in memory
NOMINAL_RATES = (10, 20, 25, 40, 50, 100, 125, 200, 250, 400, 500, 800, 1000)  # Hz
RATE_TOLERANCE = 0.08  # a sketch with delay(50) sends at 18.9 Hz and is meant to send at 20
SLOWEST, FASTEST = 9.0, 2000.0  # Hz
UNITS = {STANDARD_GRAVITY: "g", 1.0: "m/s^2"}


@dataclass(frozen=True)
class TextFormat:
    layout: ColumnLayout
    measured_rate: float
    """Hz, by the time column or by the arrival of the rows."""
    accel_scale: float
    """Unit of the acceleration in m/s^2."""

    @property
    def rate(self) -> float:
        """The nominal rate in Hz that the measured one is close to, or else the measured one."""
        nominal = min(NOMINAL_RATES, key=lambda rate: abs(rate / self.measured_rate - 1))
        if abs(nominal / self.measured_rate - 1) < RATE_TOLERANCE:
            return float(nominal)
        return round(self.measured_rate, 1)


class FormatDetector:
    def __init__(self, health: Health) -> None:
        self.rows: deque[list[float]] = deque(maxlen=MAX_ROWS)
        """The newest rows, all of the same width."""
        self.arrivals: deque[float] = deque(maxlen=MAX_ROWS)
        self.obstacle = ""
        """Why the format of the rows so far cannot be detected."""
        self._health = health
        self._other_width: list[list[float]] = []
        self._header: ColumnLayout | None = None

    def add_header(self, line: str) -> None:
        self._header = columns.from_header(line)

    def add_row(self, row: list[float], now: float) -> None:
        if not self.rows or len(row) == len(self.rows[-1]):
            self.rows.append(row)
            self.arrivals.append(now)
            self._health.errors += len(self._other_width)
            self._other_width.clear()
            return
        if self._other_width and len(row) != len(self._other_width[-1]):
            self._health.errors += len(self._other_width)
            self._other_width.clear()
        self._other_width.append(row)
        if len(self._other_width) == SAME_WIDTH_ROWS:  # then the earlier rows were the damaged ones
            self._health.errors += len(self.rows)
            self.rows = deque(self._other_width, MAX_ROWS)
            self.arrivals = deque([now] * SAME_WIDTH_ROWS, MAX_ROWS)
            self._other_width.clear()

    def add_garbage(self) -> None:
        """Long noise contains rows by chance, but never several without garbage between them."""
        if len(self.rows) < SAME_WIDTH_ROWS:
            self.rows.clear()
            self.arrivals.clear()

    def detect(self, offset: NDArray[np.float64]) -> TextFormat | None:
        """Return the format, or None as long as the rows do not show it.

        `offset` is the gravity that the sketch has subtracted from the rows.
        """
        if len(self.rows) < SAME_WIDTH_ROWS:
            return None
        width = len(self.rows[-1])
        fits = self._header and self._header.width == width
        layout = self._header if self._header and fits else columns.from_width(width)
        listened = self.arrivals[-1] - self.arrivals[0]
        enough = len(self.rows) >= ENOUGH_ROWS
        if listened < (LISTEN_TIME if enough else LONGEST_LISTEN_TIME):
            self.obstacle = "rows of numbers came and then stopped: press the board's reset button"
            return None
        table = np.array(self.rows)
        table = table[np.isfinite(table).all(axis=1)]
        if len(table) < SAME_WIDTH_ROWS:
            self.obstacle = "its rows hold no numbers (nan): check the sensor's wiring"
            return None
        rate = self._measure_rate(table, layout)
        scale = self._accel_scale(table[:, layout.accel], layout, offset)
        if scale is None:
            return None
        detected = TextFormat(layout, rate, scale)
        log.info(
            "rows of %d columns, %g Hz, acceleration in %s", width, detected.rate, UNITS[scale]
        )
        return detected

    def _measure_rate(self, table: NDArray[np.float64], layout: ColumnLayout) -> float:
        if layout.time is None:
            arrivals = np.array(self.arrivals)
            # The rows of the first read are not counted: they may have waited in a buffer.
            later = int((arrivals > arrivals[0]).sum())
            rate = later / (arrivals[-1] - arrivals[0])
        else:
            step = float(np.median(np.diff(table[:, layout.time]))) * layout.time_unit
            rate = 1 / step if step > 0 else 0.0
        if not SLOWEST <= rate <= FASTEST:
            by = "arrival" if layout.time is None else f"the time in column {layout.time + 1}"
            raise SourceError(
                f"the board's rows come at {rate:.3g} Hz by {by}: this must be between "
                f"{SLOWEST:g} and {FASTEST:g} Hz; change the sketch's delay"
            )
        return float(rate)

    def _accel_scale(
        self, accel: NDArray[np.float64], layout: ColumnLayout, offset: NDArray[np.float64]
    ) -> float | None:
        """Return the unit of the acceleration in m/s^2; None, with an obstacle, if unknown."""
        if offset.any():  # printed by the sketch: the acceleration at power-on, which was gravity
            return units.accel_scale(float(np.linalg.norm(offset)))
        gravity = units.gravity_at_rest(accel)
        scale = units.accel_scale(gravity)
        if scale is None and gravity < 0.5 and self._is_legacy_sketch(accel, layout):
            log.warning(
                "gravity is missing from the rows (its sketch subtracts it): press the board's "
                "reset button while this program runs, then the sketch prints what it subtracts"
            )
            return STANDARD_GRAVITY
        if scale is None:
            self.obstacle = (
                f"rows come, but at rest the magnitude of their acceleration is {gravity:.3g}, "
                "which is gravity neither in g nor in m/s^2: "
            )
            if gravity == 0:
                self.obstacle += "the sensor sleeps or is not wired"
            elif gravity < 0.5:
                self.obstacle += "send the acceleration with gravity"
            else:
                self.obstacle += "send one of these units, not raw counts"
        return scale

    @staticmethod
    def _is_legacy_sketch(accel: NDArray[np.float64], layout: ColumnLayout) -> bool:
        """Whether the rows have three columns with two decimals: that sketch prints g."""
        two_decimals = np.allclose(accel * 100, np.round(accel * 100), atol=1e-6)
        return layout.width == 3 and two_decimals and bool(accel.any())
