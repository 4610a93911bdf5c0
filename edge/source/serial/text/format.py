"""Listening to rows until it is clear what they are: columns, rate, unit of the acceleration."""

from __future__ import annotations

import logging
from collections import deque
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge.errors import SourceError
from edge.samples import STANDARD_GRAVITY, Health
from edge.source.serial.text import columns, units
from edge.source.serial.text.columns import Layout

log = logging.getLogger(__name__)

LISTEN = 1.0  # s of rows before they are judged ...
ENOUGH = 15  # ... and so many of them ...
TOO_LONG = 2.5  # ... but a slower stream than that is judged after these seconds
SAME = 5  # rows of one width before that width is believed
MOST = 2000  # rows that are kept
NOMINAL = (10, 20, 25, 40, 50, 100, 125, 200, 250, 400, 500, 800, 1000)  # Hz
NEAR = 0.08  # delay(50) makes 18.9 Hz of what is meant to be 20
SLOWEST, FASTEST = 9.0, 2000.0  # Hz
UNITS = {STANDARD_GRAVITY: "g", 1.0: "m/s^2"}


@dataclass(frozen=True)
class TextFormat:
    layout: Layout
    measured: float
    """Hz, by the rows' times or arrival."""
    accel_scale: float
    """m/s^2 in the unit of the acceleration."""

    @property
    def rate(self) -> float:
        """The rate in Hz that was meant, if the measured one is near one that people mean."""
        meant = min(NOMINAL, key=lambda candidate: abs(candidate / self.measured - 1))
        return float(meant) if abs(meant / self.measured - 1) < NEAR else round(self.measured, 1)


class Listener:
    def __init__(self, health: Health) -> None:
        self.rows: deque[list[float]] = deque(maxlen=MOST)
        """Those of one width, the last that were heard."""
        self.arrivals: deque[float] = deque(maxlen=MOST)
        self.obstacle = ""
        """Why the rows so far are not understood."""
        self._health = health
        self._odd: list[list[float]] = []
        self._header: Layout | None = None

    def header(self, line: str) -> None:
        self._header = columns.from_header(line)

    def hear(self, row: list[float], now: float) -> None:
        if not self.rows or len(row) == len(self.rows[-1]):
            self.rows.append(row)
            self.arrivals.append(now)
            self._health.errors += len(self._odd)
            self._odd.clear()
            return
        if self._odd and len(row) != len(self._odd[-1]):
            self._health.errors += len(self._odd)
            self._odd.clear()
        self._odd.append(row)
        if len(self._odd) == SAME:  # then it is the former that were damaged
            self._health.errors += len(self.rows)
            self.rows = deque(self._odd, MOST)
            self.arrivals = deque([now] * SAME, MOST)
            self._odd.clear()

    def hear_noise(self) -> None:
        """In long enough noise there is any number of rows, but never several in a row."""
        if len(self.rows) < SAME:
            self.rows.clear()
            self.arrivals.clear()

    def decide(self, offset: NDArray[np.float64]) -> TextFormat | None:
        """What the rows are, when they have told. `offset` is the gravity that is not in them."""
        if len(self.rows) < SAME:
            return None
        width = len(self.rows[-1])
        fits = self._header and self._header.width == width
        layout = self._header if self._header and fits else columns.from_width(width)
        listened = self.arrivals[-1] - self.arrivals[0]
        if listened < (LISTEN if len(self.rows) >= ENOUGH else TOO_LONG):
            self.obstacle = "rows of numbers came and then stopped: press the board's reset button"
            return None
        table = np.array(self.rows)
        table = table[np.isfinite(table).all(axis=1)]
        if len(table) < SAME:
            self.obstacle = "its rows hold no numbers (nan): check the sensor's wiring"
            return None
        rate = self._rate(table, layout)
        scale = self._unit(table[:, layout.accel], layout, offset)
        if scale is None:
            return None
        form = TextFormat(layout, rate, scale)
        log.info("rows of %d columns, %g Hz, acceleration in %s", width, form.rate, UNITS[scale])
        return form

    def _rate(self, table: NDArray[np.float64], layout: Layout) -> float:
        if layout.time is None:
            arrivals = np.array(self.arrivals)
            # What the first read brought may have waited for it.
            later = int((arrivals > arrivals[0]).sum())
            rate = later / (arrivals[-1] - arrivals[0])
        else:
            step = float(np.median(np.diff(table[:, layout.time]))) * layout.time_unit
            rate = 1 / step if step > 0 else 0.0
        if not SLOWEST <= rate <= FASTEST:
            by = "their arrival" if layout.time is None else f"column {layout.time + 1}, their time"
            raise SourceError(
                f"the board's rows come at {rate:.3g} Hz by {by}: that must be between "
                f"{SLOWEST:g} and {FASTEST:g} Hz; change the sketch's delay"
            )
        return float(rate)

    def _unit(
        self, accel: NDArray[np.float64], layout: Layout, offset: NDArray[np.float64]
    ) -> float | None:
        if offset.any():  # the sketch's own word: so long was gravity at power-on
            return units.accel_scale(float(np.linalg.norm(offset)))
        gravity = units.gravity_at_rest(accel)
        scale = units.accel_scale(gravity)
        if scale is None and gravity < 0.5 and self._is_legacy_sketch(accel, layout):
            log.warning(
                "gravity is missing from the rows (its sketch subtracts it): press the board's "
                "reset button while this program runs, so that it tells what it subtracts"
            )
            return STANDARD_GRAVITY
        if scale is None:
            self.obstacle = (
                f"rows come, but at rest their acceleration has a length of {gravity:.3g}, which "
                "is gravity neither in g nor in m/s^2: "
            )
            if gravity == 0:
                self.obstacle += "the sensor sleeps or is not wired"
            elif gravity < 0.5:
                self.obstacle += "send it with gravity in it"
            else:
                self.obstacle += "send one of these units, not raw counts"
        return scale

    @staticmethod
    def _is_legacy_sketch(accel: NDArray[np.float64], layout: Layout) -> bool:
        """It prints three columns of two decimals, in g."""
        two_decimals = np.allclose(accel * 100, np.round(accel * 100), atol=1e-6)
        return layout.width == 3 and two_decimals and bool(accel.any())
