"""Where a motion sensor clipped: which samples are on its rail.

The rail is the largest value that a sensor can output. Few formats state it, but a signal that
clips has a flat peak there.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from edge.samples import ACCEL, GYRO

# The smallest full scale of any sensor is 2 g and 125 deg/s: a flat signal below is a still hand.
MIN_ACCEL_RAIL = 19.0  # m/s^2
MIN_GYRO_RAIL = 2.17  # rad/s
FLAT = 3  # samples in a row; two equal ones occur, as phones repeat a sample when no new one is due
CLOSE = 0.999  # of the rail: the negative rail is one count larger than the positive one

# The rail of the accelerometer (m/s^2) and that of the gyroscope (rad/s), None if it is not known.
Rails = tuple[float | None, float | None]


def find_rails(values: NDArray[np.float32], channels: tuple[str, ...]) -> Rails | None:
    """Return the rails at which the values have flat peaks, None if neither sensor has one."""
    accel = _rail(values[:, [name in ACCEL for name in channels]], MIN_ACCEL_RAIL)
    gyro = _rail(values[:, [name in GYRO for name in channels]], MIN_GYRO_RAIL)
    return (accel, gyro) if accel or gyro else None


def clipped(
    values: NDArray[np.float32], channels: tuple[str, ...], rails: Rails
) -> NDArray[np.bool_]:
    """Return for each sample whether one of its axes is on its rail: (n,)."""
    accel, gyro = (np.inf if rail is None else CLOSE * rail for rail in rails)
    limits = np.array([accel if name in ACCEL else gyro for name in channels])
    return np.any(np.abs(values) >= limits, axis=1)


def _rail(values: NDArray[np.float32], lowest: float) -> float | None:
    """Return the largest value if an axis stays on it for FLAT samples, else None."""
    highest = float(np.abs(values).max(initial=0))
    if highest < lowest:
        return None
    on_rail = np.where(np.abs(values) >= CLOSE * highest, np.sign(values), 0)
    flat = np.ones((max(len(on_rail) - FLAT + 1, 0), on_rail.shape[1]), bool)
    for shift in range(FLAT):
        flat &= on_rail[shift : shift + len(flat)] == on_rail[FLAT - 1 : FLAT - 1 + len(flat)]
    return highest if (flat & (on_rail[FLAT - 1 :] != 0)).any() else None
