"""Describes a take: figures for a program, and a sparkline for a person."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from edge.formats.motion.recording import Recording
from edge.samples import ACCEL, STANDARD_GRAVITY

BLOCKS, ASCII = " ▁▂▃▄▅▆▇█", " .:-=+*#@"  # from low to high
SPARKLINE_WIDTH = 40  # characters


def take_summary(recording: Recording) -> dict[str, float | int]:
    """Return length, rate and peaks; m/s^2 and rad/s."""
    accel, turn = _magnitudes(recording)
    summary: dict[str, float | int] = {
        "seconds": round(float(recording.t[-1]), 2),
        "samples": len(recording.t),
        "rate": round(recording.rate, 1),
        "peak_accel": round(float(accel.max()), 1),
    }
    if len(recording.channels) > len(ACCEL):
        summary["peak_gyro"] = round(float(turn.max()), 2)
    return summary


def sparkline(recording: Recording, unicode: bool) -> str:
    """Return one line of characters that shows the turn rate over time.

    Without a gyroscope it shows the acceleration without gravity.
    """
    accel, turn = _magnitudes(recording)
    signal = turn if turn.any() else np.abs(accel - STANDARD_GRAVITY)
    parts = [part.max() for part in np.array_split(signal, min(SPARKLINE_WIDTH, len(signal)))]
    levels = BLOCKS if unicode else ASCII
    top = max(parts) or 1.0
    return "".join(levels[round(part / top * (len(levels) - 1))] for part in parts)


def _magnitudes(recording: Recording) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the lengths of the acceleration and of the turn rate of each sample."""
    accel = np.linalg.norm(recording.values[:, : len(ACCEL)], axis=1)
    return accel, np.linalg.norm(recording.values[:, len(ACCEL) :], axis=1)
