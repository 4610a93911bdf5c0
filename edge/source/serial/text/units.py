"""In which unit a row is: told by the size of gravity, and by how gravity turns with the gyro."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from edge.samples import DEGREE, STANDARD_GRAVITY

STILL = 10  # rows that are looked at as the sensor at rest
FASTEST = 40.0  # rad/s: more than any hand-held gyro can measure (2000 deg/s are 35 rad/s)
BETWEEN = DEGREE**0.5  # as far, by factors, from 1 (rad/s) as from pi/180 (deg/s)
SURE = 3.0  # standard errors


def gravity_at_rest(accel: NDArray[np.float64]) -> float:
    """Length of the acceleration over the quietest STILL rows."""
    if len(accel) < STILL:
        return float(np.median(np.linalg.norm(accel, axis=1)))
    windows = np.lib.stride_tricks.sliding_window_view(accel, STILL, axis=0)
    quietest = windows[windows.var(axis=2).sum(axis=1).argmin()]
    return float(np.median(np.linalg.norm(quietest, axis=0)))


def accel_scale(gravity: float) -> float | None:
    """m/s^2 in the unit in which gravity has this length: g, m/s^2, or None for neither.

    The limits leave room for a poor calibration and for a hand that is never quite at rest; a
    sensor that is thrown about all the time is told at its first quiet half second.
    """
    if 0.5 <= gravity <= 1.6:
        return STANDARD_GRAVITY
    if 5 <= gravity <= 16:
        return 1.0
    return None


def gyro_scale(
    t: NDArray[np.float64], accel: NDArray[np.float64], gyro: NDArray[np.float64]
) -> float | None:
    """rad/s in the gyro's unit: 1, pi/180 for deg/s, or None while the rows do not tell.

    What is at rest in the world turns in the sensor's eyes: da = a x w dt. Fitting k in
    da = k (a x w dt) gives 1 for rad/s and 0.017 for deg/s; other movement is noise in it. A gyro
    of some deg/s bias tells at rest, any other once it is tilted. Turning about the vertical alone
    never tells, unless it is faster than FASTEST.
    """
    if np.abs(gyro).max(initial=0) > FASTEST:
        return DEGREE
    if len(t) < STILL:
        return None
    middle = (accel[1:] + accel[:-1]) / 2
    step = np.diff(t)[:, None]
    together = step < 3 * np.median(step)  # with no gap in between
    turned = np.cross(middle, (gyro[1:] + gyro[:-1]) / 2) * step * together
    change = np.diff(accel, axis=0) * together
    power = float((turned**2).sum())
    if power == 0:
        return None
    k = float((change * turned).sum()) / power
    error = SURE * float(np.sqrt(((change - k * turned) ** 2).mean() / power))
    if k - error > BETWEEN:
        return 1.0
    if k + error < BETWEEN:
        return DEGREE
    return None
