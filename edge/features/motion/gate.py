"""The motion gate: finds where a stroke begins and where it ends.

It takes one sample at a time, so the result cannot depend on how the stream is cut into chunks.

A stroke begins when the activity of the hand exceeds BEGIN; samples from before that moment, while
the activity rose, belong to it (pre-roll). It ends after the activity was low for the hang time.
Then both ends are trimmed: what is slow compared with the stroke itself, such as the way to its
beginning, is not part of it.

The values of these constants, and their names, are part of every model's input specification.
"""

from __future__ import annotations

from collections.abc import Sequence

from edge.features.motion import pieces
from edge.features.motion.activity import ActivityMeter, Bias
from edge.features.motion.pieces import Piece, Pieces
from edge.features.motion.row_buffer import RowBuffer
from edge.features.motion.span import Row, Span

BEGIN = 0.45  # rad/s, activity: more is a stroke
QUIET = 0.25  # rad/s, activity: less is rest
QUIET_SHARE = 0.12  # of a stroke's peak is rest too: after fast strokes hands rest less quietly
TRIM_SHARE = 0.12  # of the peak: both ends of a stroke that are slower are no part of it
SHAKY = 1.7  # times the activity at rest before the stroke is rest: some hands are never still
LEAST_QUIET = 0.45  # rad/s: more activity is no rest, however shaky the hand is
CALM_TIME = 1.0  # s, time constant of the activity at rest
FAINT = 0.55  # rad/s: a movement whose peak is below this is no stroke
SHORTEST = 0.25  # s, duration of a stroke
FEWEST = 8  # samples of a stroke: fewer show no shape
PREROLL = 0.3  # s of samples before BEGIN is exceeded, in which a stroke can begin
MARGIN = 0.06  # s kept at both ends
GAP = 0.15  # s without samples end a stroke
LIVE_HANG = 0.25  # s, hang time in a stream: so much rest ends a stroke


class Gate:
    """Takes the samples of one stream, and returns strokes."""

    def __init__(self, hang_s: float, bias: Bias = (0.0, 0.0, 0.0), has_gyro: bool = True) -> None:
        """`hang_s`: seconds of rest that end a stroke; `bias` of the gyroscope, as known."""
        self.hang_s = hang_s
        self._buffer = RowBuffer()
        self._meter = ActivityMeter(bias, has_gyro)
        self._pieces = Pieces()
        self._gap_t = float("-inf")
        """When samples came again after the newest gap."""
        self._reset()

    def _reset(self) -> None:
        self._buffer.clear()
        self._meter.reset()
        self._pieces.clear()
        self._rest_activity = 0.0
        self._peak = 0.0
        self.active_t = 0.0
        """Time of the last sample that was no rest."""
        self.started: float | None = None
        """When the current stroke exceeded BEGIN."""
        self._start_t = 0.0
        """When it began, pre-roll included."""
        self._last_t: float | None = None

    def push(self, row: Row) -> list[Span]:
        """Take one sample; return the strokes that end with it.

        The newest movement comes first, then the same movement joined to those before it.
        """
        t = row[0]
        if self._last_t is not None and t - self._last_t > GAP:
            interrupted = self.finish(torn=True)
            self._reset()
            self._gap_t = t
            return interrupted + self.push(row)
        step = 0.0 if self._last_t is None else t - self._last_t
        self._last_t = t
        activity = self._meter.update(row, step)
        bx, by, bz = self._meter.bias
        self._buffer.append((*row[:4], row[4] - bx, row[5] - by, row[6] - bz), activity)
        if self.started is None:
            if activity > BEGIN:
                self._begin_stroke(t, activity)
            else:
                weight = step / (CALM_TIME + step)
                self._rest_activity += weight * (activity - self._rest_activity)
                self._drop_unneeded(t)
            return []
        self._peak = max(self._peak, activity)
        if t - self.rows[0][0] > pieces.MEMORY:
            self._drop_unneeded(t)
        if activity > max(self._rest_threshold(), QUIET_SHARE * self._peak):
            self.active_t = t
            if t - self.started > pieces.LONGEST:
                # To limit memory, keep only the newest part until the hand rests.
                self._buffer.drop_before(t - pieces.LONGEST)
            return []
        return self._end_stroke() if t - self.active_t >= self.hang_s else []

    def finish(self, torn: bool = False) -> list[Span]:
        """The strokes that the end of the stream, or a gap in it (`torn`), interrupts."""
        return self._end_stroke(torn) if self.started is not None else []

    @property
    def rows(self) -> Sequence[Row]:
        """The samples that a stroke can still reach back to."""
        return self._buffer.rows

    def unfinished(self) -> list[Row]:
        """The samples so far of a stroke that has begun and not ended."""
        if self.started is None:
            return []
        return [row for row in self.rows if row[0] >= self._start_t]

    def _rest_threshold(self) -> float:
        """The activity below which this hand rests."""
        return min(max(QUIET, SHAKY * self._rest_activity), LEAST_QUIET)

    def _begin_stroke(self, t: float, activity: float) -> None:
        """Find the beginning: the activity rose since the hand last rested."""
        self.started, self.active_t, self._peak = t, t, activity
        start_t = self._buffer.start_of_rise(self._rest_threshold(), PREROLL)
        # The smoothing delays the activity: the hand began a little earlier.
        self._start_t = start_t - MARGIN
        self._drop_unneeded(t)

    def _drop_unneeded(self, t: float) -> None:
        """Drop the samples to which no stroke can reach back any more."""
        resting = self.started is None
        self._pieces.pass_time(t, resting)
        first_t = t - PREROLL if resting else self._start_t
        joined_t = self._pieces.start
        self._buffer.drop_before(first_t if joined_t is None else min(first_t, joined_t))

    def _end_stroke(self, torn: bool = False) -> list[Span]:
        """The current stroke, alone and joined; none if it is too faint or too short."""
        assert self.started is not None
        now = self.rows[-1][0]
        torn = torn or self._start_t - self._gap_t <= MARGIN
        too_long = self.active_t - self.started > pieces.LONGEST
        movement = Piece(max(self._start_t, self.rows[0][0]), self.active_t + MARGIN)
        piece = self._buffer.trimmed(movement, TRIM_SHARE * self._peak, MARGIN)
        self.started = None
        spans = []
        if self._peak >= FAINT and piece.end - piece.start >= SHORTEST:
            if too_long:
                self._pieces.clear()
                rows = self._buffer.between(piece.start, piece.end)
                spans = [Span(rows, self.active_t, now, too_long=True, torn=torn)]
            else:
                for join in self._pieces.joins(piece):
                    rows = self._buffer.between(join.start, piece.end)
                    if len(rows) >= FEWEST:
                        rest = join.longest_rest
                        spans.append(Span(rows, self.active_t, now, join.pieces, rest, torn=torn))
        self._drop_unneeded(now)
        return spans
