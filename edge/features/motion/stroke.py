"""Features of strokes: from the samples of an IMU to one tensor of trajectories for each stroke.

The constants of this module, with their names, are part of every model's input specification.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.errors import StrokeError
from edge.events import Rejection
from edge.features import Features, Window
from edge.features.motion import declip, gate
from edge.features.motion.gate import Gate, Span
from edge.features.motion.pose import ANGLE, CHANNELS, POSITION, bins, trajectories
from edge.samples import MOTION, Chunk

INTEGRATION_BINS = 128
POINTS = 64  # of the tensor, evenly spaced in time
LIVE_HANG = 0.25  # s, hang time in a stream: so much rest ends a stroke
FILE_HANG = 0.45  # s, in a file, where no delay matters: some writers pause within a digit
CALM = 0.5  # s; the bias of the gyroscope is its mean in the most quiet part of a file ...
CALM_ENOUGH = 0.08  # rad/s; ... if its standard deviation there is no larger than this
RIVAL = 0.6  # a second stroke with this share of the first one's rotation makes a file ambiguous


def _constants() -> dict[str, dict[str, float]]:
    """Every constant that a stroke's tensor depends on, by module."""
    modules = {"gate": vars(gate), "declip": vars(declip), "stroke": globals()}
    return {
        module: {name: value for name, value in names.items() if _is_constant(name, value)}
        for module, names in modules.items()
    }


def _is_constant(name: str, value: object) -> bool:
    return name.isupper() and isinstance(value, (int, float))


class StrokeFeatures(Features):
    """One window for each stroke that the motion gate finds."""

    @classmethod
    def specification(cls, wanted: Mapping[str, Any] | None = None) -> dict[str, Any]:
        return {
            "kind": "stroke",
            "version": 1,
            "shape": [POINTS, CHANNELS],
            "constants": _constants(),
            "sensor": {"channels": list(MOTION), "rate_hz": 100, "accel_g": 4, "gyro_dps": 500},
        }

    def __init__(self, specification: Mapping[str, Any]) -> None:
        self.gate = Gate(LIVE_HANG)

    def process(self, chunk: Chunk) -> Iterator[Window | Rejection]:
        for row in _rows(chunk):
            span = self.gate.push(row)
            if span is not None:
                yield _window_or_rejection(span)

    def finish(self) -> Iterator[Window | Rejection]:
        span = self.gate.finish()
        if span is not None:
            yield _window_or_rejection(span)

    def preview(self) -> NDArray[np.float32] | None:
        rows = self.gate.unfinished()
        if len(rows) < gate.FEWEST:
            return None
        motion, duration = binned(Span(rows, rows[-1][0], rows[-1][0]))
        return trajectory(tensors(motion[None], np.array([duration]))[0])

    @classmethod
    def windows_of_recording(
        cls, specification: Mapping[str, Any], chunk: Chunk
    ) -> Iterator[Window]:
        yield _window(main_span(chunk))


def main_span(chunk: Chunk) -> Span:
    """The one stroke of a recording, without the rest and the small movements around it."""
    motion_gate = Gate(FILE_HANG, bias_at_rest(chunk))
    found = [motion_gate.push(row) for row in _rows(chunk)]
    spans = [span for span in (*found, motion_gate.finish()) if span is not None]
    if not spans:
        raise StrokeError("holds no stroke: the sensor hardly moved, or for less than 0.25 s")
    ranked = sorted(spans, key=rotation, reverse=True)
    main = ranked[0]
    if len(ranked) > 1 and rotation(ranked[1]) > RIVAL * rotation(main):
        at = ", ".join(f"{span.rows[0][0]:.1f} to {span.end:.1f} s" for span in spans)
        raise StrokeError(f"holds {len(spans)} strokes, at {at}: cut it to one")
    if main.too_long:
        raise StrokeError("holds no stroke but endless motion: rest before and after the digit")
    return main


def _rows(chunk: Chunk) -> Iterator[tuple[float, ...]]:
    """(t, ax, ay, az, gx, gy, gz)"""
    for t, values in zip(chunk.t.tolist(), chunk.values.tolist(), strict=True):
        yield (t, *values)


def rotation(span: Span) -> float:
    """How far the sensor turned in all, in radians."""
    rows = np.array(span.rows)
    turn_rate = np.linalg.norm(rows[:, 4:], axis=1)
    return float(turn_rate.mean() * (rows[-1, 0] - rows[0, 0]))


def bias_at_rest(chunk: Chunk) -> tuple[float, float, float]:
    """The mean of the gyroscope in its most quiet half second; zero if the hand did not rest."""
    count = int(np.searchsorted(chunk.t, chunk.t[0] + CALM))
    gyro = np.asarray(chunk.values[:, 3:], dtype=float)
    if count < 4 or count >= len(gyro):
        return (0.0, 0.0, 0.0)
    sums = np.cumsum(np.vstack([np.zeros((1, 6)), np.hstack([gyro, gyro**2])]), axis=0)
    moments = (sums[count:] - sums[:-count]) / count
    deviation = np.sqrt(np.maximum(moments[:, 3:] - moments[:, :3] ** 2, 0).sum(axis=1))
    best = int(np.argmin(deviation))
    mean = moments[best, :3]
    if deviation[best] > CALM_ENOUGH or np.abs(mean).max() > gate.LARGEST_BIAS:
        return (0.0, 0.0, 0.0)
    return (float(mean[0]), float(mean[1]), float(mean[2]))


def binned(span: Span) -> tuple[NDArray[np.float64], float]:
    """Acceleration and turn rate of a stroke in INTEGRATION_BINS bins, and its duration in s."""
    rows = np.array(span.rows)
    values = np.hstack([rows[:, 1:4], declip.declip(rows[:, 4:7])])
    return bins(rows[:, 0], values, INTEGRATION_BINS), float(rows[-1, 0] - rows[0, 0])


def tensors(motion: NDArray[np.float64], duration: NDArray[np.float64]) -> NDArray[np.float32]:
    """Model inputs for a batch of binned strokes."""
    fine = trajectories(motion, duration)
    pooled = fine.reshape(len(fine), POINTS, -1, CHANNELS).mean(axis=2)
    return pooled.astype(np.float32)


def _window_or_rejection(span: Span) -> Window | Rejection:
    if span.too_long:
        return Rejection("endless motion: rest before and after a digit", span.end, {})
    return _window(span)


def _window(span: Span) -> Window:
    motion, duration = binned(span)
    tensor = tensors(motion[None], np.array([duration]))[0]
    return Window(span.end, span.decided, tensor, trajectory=trajectory(tensor))


def trajectory(tensor: NDArray[np.float32]) -> NDArray[np.float32]:
    """(POINTS, 2) path of the stroke, to plot: the mean of angle and position, less noisy than
    either."""
    mean: NDArray[np.float32] = (tensor[:, ANGLE] + tensor[:, POSITION]) / np.float32(2)
    return mean
