"""The one stroke of a recording, without the rest and the small movements around it.

The values of these constants, and their names, are part of every model's input specification.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from edge.errors import StrokeError
from edge.features.motion import activity
from edge.features.motion.activity import Bias
from edge.features.motion.faults import fault_of
from edge.features.motion.gate import Gate
from edge.features.motion.span import Row, Span
from edge.samples import Chunk

FILE_HANG = 0.25  # s, hang time in a recording
FILE_REST = 0.6  # s: rests within a digit are shorter
RIVAL = 0.65  # a stroke with this share of the largest rotation may be the digit too
CALM = 0.5  # s; the bias of the gyroscope is its mean in the most quiet part of a file ...
CALM_ENOUGH = 0.08  # rad/s; ... if its standard deviation there is no larger than this


def main_span(chunk: Chunk) -> Span:
    """The stroke, or joined strokes, with the largest rotation."""
    return max(candidate_spans(chunk), key=rotation)


def candidate_spans(chunk: Chunk) -> list[Span]:
    """What the one stroke of a recording may be: at least one.

    The strokes with nearly as much rotation as the largest, and their joins: the way to the first
    point of a digit, or the way back, can be as long as the digit. StrokeError if there is none.
    """
    motion_gate = Gate(FILE_HANG, bias_at_rest(chunk))
    spans = [span for row in rows_of(chunk) for span in motion_gate.push(row)]
    spans += motion_gate.finish()
    if not spans:
        raise StrokeError(_why_no_stroke(chunk))
    usable = [s for s in spans if fault_of(s) is None and s.longest_rest <= FILE_REST]
    if not usable:
        if all(span.too_long for span in spans):
            raise StrokeError("holds no stroke but endless motion: rest before and after the digit")
        faults = (fault_of(span) for span in spans if not span.too_long)
        raise StrokeError(f"holds no complete stroke: {next(f for f in faults if f)}")
    largest = max(map(rotation, usable))
    return [span for span in usable if rotation(span) >= RIVAL * largest]


def rows_of(chunk: Chunk) -> Iterator[Row]:
    for t, values in zip(chunk.t.tolist(), chunk.values.tolist(), strict=True):
        yield (t, *values)


def rotation(span: Span) -> float:
    """How far the sensor turned in all, in radians."""
    rows = np.array(span.rows)
    turn_rate = np.linalg.norm(rows[:, 4:], axis=1)
    return float(turn_rate.mean() * (rows[-1, 0] - rows[0, 0]))


def bias_at_rest(chunk: Chunk) -> Bias:
    """The mean of the gyroscope in its most quiet half second; zero if the hand did not rest."""
    if not len(chunk):
        return (0.0, 0.0, 0.0)
    count = int(np.searchsorted(chunk.t, chunk.t[0] + CALM))
    gyro = np.asarray(chunk.values[:, 3:], dtype=float)
    if count < 4 or count >= len(gyro):
        return (0.0, 0.0, 0.0)
    sums = np.cumsum(np.vstack([np.zeros((1, 6)), np.hstack([gyro, gyro**2])]), axis=0)
    moments = (sums[count:] - sums[:-count]) / count
    deviation = np.sqrt(np.maximum(moments[:, 3:] - moments[:, :3] ** 2, 0).sum(axis=1))
    best = int(np.argmin(deviation))
    mean = moments[best, :3]
    if deviation[best] > CALM_ENOUGH or np.abs(mean).max() > activity.LARGEST_BIAS:
        return (0.0, 0.0, 0.0)
    return (float(mean[0]), float(mean[1]), float(mean[2]))


def _why_no_stroke(chunk: Chunk) -> str:
    accel, gyro = chunk.values[:, :3], chunk.values[:, 3:]
    if np.ptp(gyro, axis=0).max(initial=0) == 0 and np.ptp(accel, axis=0).max(initial=0) > 0:
        return "holds no rotation: its turn rate never changes, so the gyroscope was off"
    return "holds no stroke: the sensor hardly moved, or for less than 0.25 s"
