"""From the samples of a stroke to a fixed number of bins, which keep the integral of the signals.

The values of these constants, and their names, are part of every model's input specification.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from edge.features.motion.declip import clipped_share, declip
from edge.features.motion.span import Span

Array = NDArray[np.float64]

INTEGRATION_BINS = 128


def binned(span: Span) -> tuple[Array, float, tuple[float, float]]:
    """(INTEGRATION_BINS, 6) acceleration and turn rate of a stroke, its duration in s, and the
    shares of its samples that accelerometer and gyroscope clipped."""
    rows = np.array(span.rows)
    accel, gyro = rows[:, 1:4], rows[:, 4:7]
    motion = bins(rows[:, 0], np.hstack([accel, declip(gyro)]), INTEGRATION_BINS)
    return motion, float(rows[-1, 0] - rows[0, 0]), (clipped_share(accel), clipped_share(gyro))


def bins(t: Array, values: Array, count: int) -> Array:
    """Means over `count` equal spans of time; they have the integral of the signal at any rate."""
    steps = np.diff(t)[:, None]
    area = np.concatenate(
        [np.zeros((1, values.shape[1])), np.cumsum((values[1:] + values[:-1]) / 2 * steps, axis=0)]
    )
    edges = np.linspace(t[0], t[-1], count + 1)
    at_edges = np.stack([np.interp(edges, t, column) for column in area.T], axis=1)
    return np.diff(at_edges, axis=0) * (count / (t[-1] - t[0]))
