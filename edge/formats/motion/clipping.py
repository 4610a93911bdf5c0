"""Where a sensor clipped: its scale is rarely written down, but a clipped peak is flat."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from edge.samples import ACCEL, GYRO

# Below these no sensor has its rail (2 g; 125 deg/s), so what is flat there is a hand at rest.
LOWEST_ACCEL = 19.0  # m/s^2
LOWEST_GYRO = 2.17  # rad/s
FLAT = 3  # samples; two alike happen, as phones repeat a sample that they have no news for
CLOSE = 0.999  # of the rail: the negative one is a count further out than the positive one

Rails = tuple[float | None, float | None]


def observed(values: NDArray[np.float32], channels: tuple[str, ...]) -> Rails | None:
    """The rails (m/s^2, rad/s) that the values stand on, None where they never do."""
    accel = _rail(values[:, [name in ACCEL for name in channels]], LOWEST_ACCEL)
    gyro = _rail(values[:, [name in GYRO for name in channels]], LOWEST_GYRO)
    return (accel, gyro) if accel or gyro else None


def clipped(
    values: NDArray[np.float32], channels: tuple[str, ...], rails: Rails
) -> NDArray[np.bool_]:
    """(n,) which samples have an axis on its rail."""
    accel, gyro = (np.inf if rail is None else CLOSE * rail for rail in rails)
    limits = np.array([accel if name in ACCEL else gyro for name in channels])
    return np.any(np.abs(values) >= limits, axis=1)


def _rail(values: NDArray[np.float32], lowest: float) -> float | None:
    highest = float(np.abs(values).max(initial=0))
    if highest < lowest:
        return None
    top = np.where(np.abs(values) >= CLOSE * highest, np.sign(values), 0)
    flat = np.ones((max(len(top) - FLAT + 1, 0), top.shape[1]), bool)
    for shift in range(FLAT):
        flat &= top[shift : shift + len(flat)] == top[FLAT - 1 : FLAT - 1 + len(flat)]
    return highest if (flat & (top[FLAT - 1 :] != 0)).any() else None
