"""Is a captured take worth keeping, and what is in it, in figures and at a glance."""

from __future__ import annotations

import numpy as np

from edge.errors import RecordingError
from edge.formats.motion.clipping import clipped
from edge.formats.motion.recording import Recording
from edge.samples import ACCEL, STANDARD_GRAVITY
from edge.takes.motion.capture import Take

BLOCKS, ASCII = " ▁▂▃▄▅▆▇█", " .:-=+*#@"
SKETCH = 40  # characters


def judged(take: Take, channels: tuple[str, ...], on_rail: int) -> Recording:
    """The take as a recording, or a RecordingError that says what is wrong with it.

    `on_rail`: samples of it that the source counted as clipped.
    """
    if take.fault:
        raise RecordingError(take.fault)
    recording = Recording.checked(take.t, take.values, channels)
    if recording.rails:
        seen = clipped(recording.values, channels, recording.rails)
        on_rail = max(on_rail, int(seen.sum()))
    if on_rail:
        raise RecordingError(
            f"clipped in {on_rail} of {len(take.t)} samples: draw more gently, or give the sensor "
            "a wider range (+-4 g and +-500 deg/s suit a hand)"
        )
    return recording


def facts(recording: Recording) -> dict[str, float | int]:
    """What a person or a program wants to know of a take."""
    accel, turn = _motion(recording)
    found: dict[str, float | int] = {
        "seconds": round(float(recording.t[-1]), 2),
        "samples": len(recording.t),
        "rate": round(recording.rate, 1),
        "peak_accel": round(float(accel.max()), 1),
    }
    if len(recording.channels) > len(ACCEL):
        found["peak_gyro"] = round(float(turn.max()), 2)
    return found


def sketch(recording: Recording, unicode: bool) -> str:
    """How fast the sensor turned over time, or, without gyro, how hard it was pushed."""
    accel, turn = _motion(recording)
    lively = turn if turn.any() else np.abs(accel - STANDARD_GRAVITY)
    parts = [part.max() for part in np.array_split(lively, min(SKETCH, len(lively)))]
    steps = BLOCKS if unicode else ASCII
    top = max(parts) or 1.0
    return "".join(steps[round(part / top * (len(steps) - 1))] for part in parts)


def _motion(recording: Recording) -> tuple[np.ndarray, np.ndarray]:
    accel = np.linalg.norm(recording.values[:, : len(ACCEL)], axis=1)
    return accel, np.linalg.norm(recording.values[:, len(ACCEL) :], axis=1)
