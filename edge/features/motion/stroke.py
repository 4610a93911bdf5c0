"""Strokes of a moving hand: from samples of an IMU to one picture-like tensor per stroke."""

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
from edge.features.motion.pose import CHANNELS, MOVED, TURNED, bins, trajectories
from edge.samples import MOTION, Chunk

INTEGRATION_BINS = 128
POINTS = 64  # of the tensor, evenly spaced in time
LIVE_HANG = 0.25  # s of quiet that end a stroke
FILE_HANG = 0.45  # a file can wait for a pen that is slow to set down again
CALM = 0.5  # s, the quietest stretch of a file teaches the gyroscope's bias
CALM_ENOUGH = 0.08  # rad/s, unsteadiness that still counts as rest
RIVAL = 0.6  # a second stroke at least this heavy makes a file ambiguous


def _constants() -> dict[str, dict[str, float]]:
    """Every number that a stroke's tensor depends on, by the module that it stands in."""
    modules = {"gate": vars(gate), "declip": vars(declip), "stroke": globals()}
    return {
        module: {name: value for name, value in names.items() if _is_constant(name, value)}
        for module, names in modules.items()
    }


def _is_constant(name: str, value: object) -> bool:
    return name.isupper() and isinstance(value, (int, float))


class StrokeFeatures(Features):
    @classmethod
    def specification(cls, wanted: Mapping[str, Any] | None = None) -> dict[str, Any]:
        return {
            "kind": "stroke",
            "version": 1,
            "shape": [POINTS, CHANNELS],
            "constants": _constants(),
            "sensor": {"channels": list(MOTION), "rate_hz": 100, "accel_g": 4, "gyro_dps": 500},
        }

    def __init__(self, specification: Mapping[str, Any], channels: tuple[str, ...]) -> None:
        self.gate = Gate(LIVE_HANG)

    def process(self, chunk: Chunk) -> Iterator[Window | Rejection]:
        for row in _rows(chunk):
            span = self.gate.push(row)
            if span is not None:
                yield _window_of(span)

    def finish(self) -> Iterator[Window | Rejection]:
        span = self.gate.finish()
        if span is not None:
            yield _window_of(span)

    @classmethod
    def windows_of_recording(
        cls, specification: Mapping[str, Any], chunk: Chunk, channels: tuple[str, ...]
    ) -> Iterator[Window]:
        yield _window(main_span(chunk))


def main_span(chunk: Chunk) -> Span:
    """The one stroke of a recording, whatever idle time or small moves are around it."""
    cutter = Gate(FILE_HANG, calm_bias(chunk))
    found = [cutter.push(row) for row in _rows(chunk)]
    spans = [span for span in (*found, cutter.finish()) if span is not None]
    if not spans:
        raise StrokeError("holds no stroke: the sensor hardly moved, or for less than 0.25 s")
    weights = [weight(span) for span in spans]
    ranked = sorted(range(len(spans)), key=weights.__getitem__, reverse=True)
    main = spans[ranked[0]]
    if len(ranked) > 1 and weights[ranked[1]] > RIVAL * weights[ranked[0]]:
        at = ", ".join(f"{span.rows[0][0]:.1f} to {span.end:.1f} s" for span in spans)
        raise StrokeError(f"holds {len(spans)} strokes, at {at}: cut it to one")
    if main.too_long:
        raise StrokeError("holds no stroke but endless motion: rest before and after the digit")
    return main


def _rows(chunk: Chunk) -> Iterator[tuple[float, ...]]:
    """(t, ax, ay, az, gx, gy, gz)"""
    for t, values in zip(chunk.t.tolist(), chunk.values.tolist(), strict=True):
        yield (t, *values)


def weight(span: Span) -> float:
    """How far the sensor turned and how long it was pushed, in rough radians."""
    rows = np.array(span.rows)
    turned = np.linalg.norm(rows[:, 4:], axis=1)
    return float(turned.mean() * (rows[-1, 0] - rows[0, 0]))


def calm_bias(chunk: Chunk) -> tuple[float, float, float]:
    """What the gyroscope reads in the quietest half second, if the hand rested at all."""
    count = int(np.searchsorted(chunk.t, chunk.t[0] + CALM))
    gyro = np.asarray(chunk.values[:, 3:], dtype=float)
    if count < 4 or count >= len(gyro):
        return (0.0, 0.0, 0.0)
    sums = np.cumsum(np.vstack([np.zeros((1, 6)), np.hstack([gyro, gyro**2])]), axis=0)
    moments = (sums[count:] - sums[:-count]) / count
    unsteady = np.sqrt(np.maximum(moments[:, 3:] - moments[:, :3] ** 2, 0).sum(axis=1))
    best = int(np.argmin(unsteady))
    mean = moments[best, :3]
    if unsteady[best] > CALM_ENOUGH or np.abs(mean).max() > gate.LARGEST_BIAS:
        return (0.0, 0.0, 0.0)
    return (float(mean[0]), float(mean[1]), float(mean[2]))


def binned(span: Span) -> tuple[NDArray[np.float64], float]:
    """A stroke's accel and gyro in a fixed number of bins, and its duration."""
    rows = np.array(span.rows)
    values = np.hstack([rows[:, 1:4], declip.declip(rows[:, 4:7])])
    return bins(rows[:, 0], values, INTEGRATION_BINS), float(rows[-1, 0] - rows[0, 0])


def tensors(motion: NDArray[np.float64], duration: NDArray[np.float64]) -> NDArray[np.float32]:
    """Model inputs for a batch of binned strokes."""
    drawn = trajectories(motion, duration)
    pooled = drawn.reshape(len(drawn), POINTS, -1, CHANNELS).mean(axis=2)
    return pooled.astype(np.float32)


def _window_of(span: Span) -> Window | Rejection:
    if span.too_long:
        return Rejection("endless motion: rest before and after a digit", span.end, {})
    return _window(span)


def _window(span: Span) -> Window:
    motion, duration = binned(span)
    tensor = tensors(motion[None], np.array([duration]))[0]
    return Window(span.end, span.decided, tensor, trajectory=trajectory(tensor))


def trajectory(tensor: NDArray[np.float32]) -> NDArray[np.float32]:
    """What was drawn, for the eye: the two drawings' mean is steadier than either."""
    drawn: NDArray[np.float32] = (tensor[:, TURNED] + tensor[:, MOVED]) / np.float32(2)
    return drawn
