"""One character as a single line: the strokes of the pen, joined, with the pace of the writer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

LIFT_POINTS = 8  # that join two strokes
LIFT_EXTRA = 0.05  # of the character's size: a lift takes a little longer than a straight line
STILL = 0.004  # of the character's size: a pen that moves less between two points rests
MOST_POINTS = 96  # of a line
FEWEST_POINTS = 6
FEWEST_PEN_POINTS = 8  # of all strokes together
FEWEST_MOVES = 4


@dataclass(frozen=True)
class PenLine:
    """A line that is one high, centred, and when each of its points was reached."""

    line: NDArray[np.float32]
    """(n, 2) right and up."""
    time: NDArray[np.float32]
    """(n,) from 0 to 1."""


def join_strokes(strokes: Sequence[Array]) -> PenLine | None:
    """One line for strokes (n, 2), or (n, 3) with times; None for a dot or an empty character.

    Without times, the points of a stroke are evenly spaced in time.
    """
    strokes = [s for s in strokes if len(s) >= 2 or len(strokes) > 1]
    if not strokes or sum(map(len, strokes)) < FEWEST_PEN_POINTS:
        return None
    size = _size(np.concatenate([s[:, :2] for s in strokes]))
    if size <= 0:
        return None
    line, time = _connected(strokes, size)
    moving = np.linalg.norm(np.diff(line, axis=0), axis=1) > STILL * size
    if time[-1] <= 0 or moving.sum() < FEWEST_MOVES:
        return None
    # Pens rest before and after a character: it lasts from the first to the last movement.
    first, last = int(np.argmax(moving)), len(moving) - int(np.argmax(moving[::-1]))
    line, time = line[first : last + 1], time[first : last + 1]
    later = np.concatenate([[True], np.diff(time) > 0])
    line, time = line[later], time[later]
    if len(line) < FEWEST_POINTS:
        return None
    time = (time - time[0]) / (time[-1] - time[0])
    if len(line) > MOST_POINTS:
        even = np.linspace(0, 1, MOST_POINTS)
        line = np.stack([np.interp(even, time, column) for column in line.T], axis=1)
        time = even
    middle = (line.max(axis=0) + line.min(axis=0)) / 2
    return PenLine(((line - middle) / size).astype(np.float32), time.astype(np.float32))


def one_high(line: Array) -> Array:
    """A line (n, 2) with its mean at zero, scaled like a PenLine."""
    return np.asarray((line - line.mean(axis=0)) / max(_size(line), 1e-6))


def _size(line: Array) -> float:
    """The height, of a wide line a share of its width."""
    return max(float(np.ptp(line[:, 1])), 0.6 * float(np.ptp(line[:, 0])))


def _connected(strokes: Sequence[Array], size: float) -> tuple[Array, Array]:
    """The strokes with lifts between them, and times.

    The pen corpora hold hardly anything of a lift. In the air there is none: the hand goes on,
    about as fast as it draws.
    """
    timed = strokes[0].shape[1] > 2
    pace = _pace(strokes, timed)
    share = np.arange(1, LIFT_POINTS + 1) / (LIFT_POINTS + 1)
    points: list[Array] = []
    times: list[Array] = []
    now = 0.0
    for stroke in strokes:
        path = stroke[:, :2]
        if points:
            start, gap = points[-1][-1], path[0] - points[-1][-1]
            lift_time = (float(np.linalg.norm(gap)) + LIFT_EXTRA * size) / pace
            points.append(start + (share**2 * (3 - 2 * share))[:, None] * gap)
            times.append(now + share * lift_time)
            now += lift_time
        points.append(path)
        own = stroke[:, 2] - stroke[0, 2] if timed else np.arange(len(stroke), dtype=np.float64)
        times.append(now + own)
        now = float(times[-1][-1])
    return np.concatenate(points), np.concatenate(times)


def _pace(strokes: Sequence[Array], timed: bool) -> float:
    """The distance that the pen moves in one unit of time while it moves."""
    steps = [np.linalg.norm(np.diff(s[:, :2], axis=0), axis=1) for s in strokes if len(s) > 1]
    if not steps:
        return 1.0
    distance = np.concatenate(steps)
    if timed:
        seconds = sum(float(s[-1, 2] - s[0, 2]) for s in strokes if len(s) > 1)
        return max(float(distance.sum()) / max(seconds, 1e-3), 1e-6)
    moving = distance[distance > 0]
    return max(float(moving.mean()) if len(moving) else 1.0, 1e-6)
