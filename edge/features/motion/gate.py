"""The motion gate: finds where a stroke begins and where it ends.

It takes one sample at a time, so the result cannot depend on how the stream is cut into chunks.

Activity is a smoothed measure of how fast the hand turns and accelerates, in rad/s. A stroke begins
when the activity exceeds BEGIN; samples from before that moment, while the activity rose, belong to
it (pre-roll). It ends after the activity was low for the hang time. While the hand rests, the
gate estimates the bias of the gyroscope.

The values of these constants, and their names, are part of every model's input specification.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass

BEGIN = 0.5  # rad/s, activity: more is a stroke
QUIET = 0.3  # rad/s, activity: less is rest
QUIET_SHARE = 0.15  # of a stroke's peak is rest too: after fast strokes hands rest less quietly
SHAKY = 1.7  # times the activity at rest before the stroke is rest: some hands are never still
LEAST_QUIET = 0.45  # rad/s: more activity is no rest, however shaky the hand is
CALM_TIME = 1.0  # s, time constant of the activity at rest
FAINT = 0.6  # rad/s: a movement whose peak is below this is no stroke
ACCEL_WEIGHT = 0.2  # rad/s for each m/s^2: how much acceleration counts beside rotation
SHORTEST, LONGEST = 0.25, 6.0  # s, duration of a stroke
FEWEST = 8  # samples of a stroke: fewer show no shape
PREROLL = 0.3  # s of samples before BEGIN is exceeded, in which a stroke can begin
MARGIN = 0.06  # s added at both ends
SMOOTHING, LEVEL = 0.05, 0.2  # s, time constants of the activity, and of gravity and turn rate
REST_FOR_BIAS = 0.06  # rad/s: with less unsteadiness, the bias of the gyroscope is estimated
LARGEST_BIAS = 0.4  # rad/s: the MPU6050's data sheet allows 20 deg/s
BIAS_TIME = 0.8  # s, time constant of the bias
GAP = 0.15  # s without samples end a stroke


@dataclass(frozen=True)
class Span:
    """A stroke: rows of (t, ax, ay, az, gx, gy, gz), with the bias of the gyroscope removed."""

    rows: list[tuple[float, ...]]
    end: float
    """When the hand came to rest."""
    decided: float
    """Time of the sample with which the end was known."""
    too_long: bool = False


class Gate:
    """Takes the samples of one stream, and returns strokes."""

    def __init__(self, hang_s: float, bias: tuple[float, float, float] = (0.0, 0.0, 0.0)) -> None:
        """`hang_s`: seconds of rest that end a stroke; `bias` of the gyroscope, as known."""
        self.hang_s = hang_s
        self.bias = list(bias)
        self.rows: deque[tuple[float, ...]] = deque()
        self.activities: deque[float] = deque()
        """One for each row."""
        self._reset()

    def _reset(self) -> None:
        self.rows.clear()
        self.activities.clear()
        self.gravity: list[float] | None = None
        self.mean_rate: list[float] | None = None
        self.unsteadiness = 1.0
        self.rest_activity = 0.0
        self.activity = 0.0
        self.peak = 0.0
        self.active_t = 0.0
        """Time of the last sample that was no rest."""
        self.started: float | None = None
        """When the current stroke began."""
        self.last_t: float | None = None

    def push(self, row: tuple[float, ...]) -> Span | None:
        """Take one sample; return the stroke that ends with it, if one does."""
        t = row[0]
        if self.last_t is not None and t - self.last_t > GAP:
            interrupted = self.finish()
            self._reset()
            self.push(row)
            return interrupted
        step = 0.0 if self.last_t is None else t - self.last_t
        self.last_t = t
        self._update(row, step)
        self.rows.append(
            (*row[:4], row[4] - self.bias[0], row[5] - self.bias[1], row[6] - self.bias[2])
        )
        self.activities.append(self.activity)
        if self.started is None:
            if self.activity > BEGIN:
                self._begin_stroke(t)
            else:
                weight = step / (CALM_TIME + step)
                self.rest_activity += weight * (self.activity - self.rest_activity)
                self._keep_last(PREROLL)
            return None
        self.peak = max(self.peak, self.activity)
        if self.activity > max(self._rest_threshold(), QUIET_SHARE * self.peak):
            self.active_t = t
            if t - self.started > LONGEST:
                # To limit memory, keep only the newest part until the hand rests.
                self._keep_last(LONGEST)
            return None
        return self._end_stroke() if t - self.active_t >= self.hang_s else None

    def finish(self) -> Span | None:
        """The stroke that the end of the stream interrupts."""
        return self._end_stroke() if self.started is not None else None

    def _rest_threshold(self) -> float:
        """The activity below which this hand rests."""
        return min(max(QUIET, SHAKY * self.rest_activity), LEAST_QUIET)

    def _keep_last(self, seconds: float) -> None:
        while self.rows[-1][0] - self.rows[0][0] > seconds:
            self.rows.popleft()
            self.activities.popleft()

    def unfinished(self) -> list[tuple[float, ...]]:
        """The samples so far of a stroke that has begun and not ended."""
        return [] if self.started is None else list(self.rows)

    def _update(self, row: tuple[float, ...], step: float) -> None:
        """Update activity, gravity, mean turn rate and bias with one sample."""
        _, ax, ay, az, gx, gy, gz = row
        if self.gravity is None or self.mean_rate is None:
            self.gravity, self.mean_rate = [ax, ay, az], [gx, gy, gz]
        # Each axis is written out: a loop takes twice as long, and this is most of the cost of a
        # sample.
        slow, fast = step / (LEVEL + step), step / (SMOOTHING + step)
        lx, ly, lz = self.gravity
        lx += slow * (ax - lx)
        ly += slow * (ay - ly)
        lz += slow * (az - lz)
        self.gravity = [lx, ly, lz]
        mx, my, mz = self.mean_rate
        mx += slow * (gx - mx)
        my += slow * (gy - my)
        mz += slow * (gz - mz)
        self.mean_rate = [mx, my, mz]
        bx, by, bz = self.bias
        push = ACCEL_WEIGHT * math.sqrt((ax - lx) ** 2 + (ay - ly) ** 2 + (az - lz) ** 2)
        turn = math.sqrt((gx - bx) ** 2 + (gy - by) ** 2 + (gz - bz) ** 2)
        deviation = math.sqrt((gx - mx) ** 2 + (gy - my) ** 2 + (gz - mz) ** 2)
        self.activity += fast * (turn + push - self.activity)
        self.unsteadiness += slow * (deviation + push - self.unsteadiness)
        if self.unsteadiness < REST_FOR_BIAS:
            weight = step / (BIAS_TIME + step)
            for k in range(3):
                if abs(self.mean_rate[k]) < LARGEST_BIAS:
                    self.bias[k] += weight * (self.mean_rate[k] - self.bias[k])

    def _begin_stroke(self, t: float) -> None:
        """Keep the rows since the hand last rested, and a margin before them."""
        self.started, self.active_t, self.peak = t, t, self.activity
        threshold = self._rest_threshold()
        resting = (k for k, activity in enumerate(self.activities) if activity < threshold)
        first_t = self.rows[max(resting, default=0)][0] - MARGIN
        while self.rows[0][0] < first_t:
            self.rows.popleft()
            self.activities.popleft()

    def _end_stroke(self) -> Span | None:
        """The current stroke; None if it is too faint or too short."""
        rows = [row for row in self.rows if row[0] <= self.active_t + MARGIN]
        too_long = self.active_t - (self.started or 0.0) > LONGEST
        span = Span(rows, self.active_t, self.rows[-1][0], too_long)
        duration = rows[-1][0] - rows[0][0]
        is_stroke = self.peak >= FAINT and duration >= SHORTEST and len(rows) >= FEWEST
        self.started = None
        self._keep_last(PREROLL)
        return span if is_stroke else None
