"""The motion gate: where a stroke begins and where it ends.

Fed sample by sample, so that what it finds cannot depend on how the stream was chunked. A stroke
begins when the hand gets lively, reaches back to where the liveliness started (pre-roll), and ends
when the hand has been quiet for a moment. While the hand rests, the gyroscope's bias is learnt.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass

BEGIN = 0.5  # rad/s equivalent: more is a stroke
QUIET = 0.3  # less is rest
QUIET_SHARE = 0.15  # of the stroke's peak: lively hands also rest less quietly
SHAKY = 1.7  # times how lively the hand was at rest before: some hands are never still
LEAST_QUIET = 0.45  # rad/s, however shaky
CALM_TIME = 1.0  # s, over which a hand's own restlessness is learnt
FAINT = 0.6  # a stroke whose peak stays below was no writing
ACCEL_WEIGHT = 0.2  # rad/s per m/s^2: makes a push count like a turn
SHORTEST, LONGEST = 0.25, 6.0  # s
FEWEST = 8  # samples: fewer show no shape
PREROLL = 0.3  # s kept for reaching back to the true beginning
MARGIN = 0.06  # s kept at both ends
SMOOTHING, LEVEL = 0.05, 0.2  # s, time constants of liveliness and of the resting acceleration
REST_FOR_BIAS = 0.06  # rad/s: unsteadiness of a hand that may teach the bias
LARGEST_BIAS = 0.4  # rad/s: the MPU6050's data sheet allows 20 deg/s
BIAS_TIME = 0.8  # s
GAP = 0.15  # s without samples: the stroke is torn


@dataclass(frozen=True)
class Span:
    """A stroke found: rows of (t, ax, ay, az, gx, gy, gz), bias removed."""

    rows: list[tuple[float, ...]]
    end: float
    """When the hand came to rest."""
    decided: float
    """When that was known."""
    too_long: bool = False


class Gate:
    def __init__(self, hang: float, bias: tuple[float, float, float] = (0.0, 0.0, 0.0)) -> None:
        """`hang`: seconds of quiet that end a stroke."""
        self.hang = hang
        self.bias = list(bias)
        self.rows: deque[tuple[float, ...]] = deque()
        self.lively: deque[float] = deque()
        self._forget()

    def _forget(self) -> None:
        self.rows.clear()
        self.lively.clear()
        self.level: list[float] | None = None
        self.mean: list[float] | None = None
        self.unsteady = 1.0
        self.calm = 0.0
        self.now = 0.0
        self.peak = 0.0
        self.loud_at = 0.0
        self.started: float | None = None
        self.last_t: float | None = None

    def push(self, row: tuple[float, ...]) -> Span | None:
        """Take one sample; the stroke that it completes, if it does."""
        t = row[0]
        if self.last_t is not None and t - self.last_t > GAP:
            torn = self.finish()
            self._forget()
            self.push(row)
            return torn
        step = 0.0 if self.last_t is None else t - self.last_t
        self.last_t = t
        self._feel(row, step)
        self.rows.append(
            (*row[:4], row[4] - self.bias[0], row[5] - self.bias[1], row[6] - self.bias[2])
        )
        self.lively.append(self.now)
        if self.started is None:
            if self.now > BEGIN:
                self._begin(t)
            else:
                self.calm += step / (CALM_TIME + step) * (self.now - self.calm)
                while t - self.rows[0][0] > PREROLL:
                    self.rows.popleft()
                    self.lively.popleft()
            return None
        self.peak = max(self.peak, self.now)
        if self.now > max(self._quiet(), QUIET_SHARE * self.peak):
            self.loud_at = t
            if t - self.started > LONGEST:
                # Bounded: keep the newest part only, until the hand rests.
                while t - self.rows[0][0] > LONGEST:
                    self.rows.popleft()
                    self.lively.popleft()
            return None
        return self._end() if t - self.loud_at >= self.hang else None

    def _quiet(self) -> float:
        """Below this, this hand rests."""
        return min(max(QUIET, SHAKY * self.calm), LEAST_QUIET)

    def finish(self) -> Span | None:
        """The stroke that the end of the stream cuts short."""
        return self._end() if self.started is not None else None

    def _feel(self, row: tuple[float, ...], step: float) -> None:
        """Update liveliness, resting acceleration and bias with one sample."""
        _, ax, ay, az, gx, gy, gz = row
        if self.level is None or self.mean is None:
            self.level, self.mean = [ax, ay, az], [gx, gy, gz]
        # Written out, axis by axis: in a loop it takes twice as long, and it is most of what a
        # sample costs.
        toward_level, toward_now = step / (LEVEL + step), step / (SMOOTHING + step)
        lx, ly, lz = self.level
        lx += toward_level * (ax - lx)
        ly += toward_level * (ay - ly)
        lz += toward_level * (az - lz)
        self.level = [lx, ly, lz]
        mx, my, mz = self.mean
        mx += toward_level * (gx - mx)
        my += toward_level * (gy - my)
        mz += toward_level * (gz - mz)
        self.mean = [mx, my, mz]
        bx, by, bz = self.bias
        push = ACCEL_WEIGHT * math.sqrt((ax - lx) ** 2 + (ay - ly) ** 2 + (az - lz) ** 2)
        turn = math.sqrt((gx - bx) ** 2 + (gy - by) ** 2 + (gz - bz) ** 2)
        unsteady = math.sqrt((gx - mx) ** 2 + (gy - my) ** 2 + (gz - mz) ** 2)
        self.now += toward_now * (turn + push - self.now)
        self.unsteady += toward_level * (unsteady + push - self.unsteady)
        if self.unsteady < REST_FOR_BIAS:
            toward_bias = step / (BIAS_TIME + step)
            for k in range(3):
                if abs(self.mean[k]) < LARGEST_BIAS:
                    self.bias[k] += toward_bias * (self.mean[k] - self.bias[k])

    def _begin(self, t: float) -> None:
        self.started, self.loud_at, self.peak = t, t, self.now
        # Back to where it was last quiet, plus a margin.
        level = self._quiet()
        quiet = max((k for k, v in enumerate(self.lively) if v < level), default=0)
        keep = self.rows[quiet][0] - MARGIN
        while self.rows[0][0] < keep:
            self.rows.popleft()
            self.lively.popleft()

    def _end(self) -> Span | None:
        rows = [row for row in self.rows if row[0] <= self.loud_at + MARGIN]
        span = Span(
            rows, self.loud_at, self.rows[-1][0], self.loud_at - (self.started or 0.0) > LONGEST
        )
        worth = self.peak >= FAINT and rows[-1][0] - rows[0][0] >= SHORTEST and len(rows) >= FEWEST
        self.started = None
        while self.rows and self.rows[-1][0] - self.rows[0][0] > PREROLL:
            self.rows.popleft()
            self.lively.popleft()
        return span if worth else None
