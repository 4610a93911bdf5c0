"""The unit of a row's values: from the size of gravity, and from how gravity and gyro fit."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from edge.samples import DEGREE, STANDARD_GRAVITY

REST_ROWS = 10  # the quietest rows, in which the sensor is taken to be at rest
FASTEST = 40.0  # rad/s: more than any hand-held gyro can measure (2000 deg/s are 35 rad/s)
DECISION_FACTOR = DEGREE**0.5  # the geometric mean of 1 (rad/s) and pi/180 (deg/s)
CONFIDENCE = 3.0  # standard errors


def gravity_at_rest(accel: NDArray[np.float64]) -> float:
    """Return the magnitude of the acceleration over the quietest REST_ROWS rows."""
    if len(accel) < REST_ROWS:
        return float(np.median(np.linalg.norm(accel, axis=1)))
    windows = np.lib.stride_tricks.sliding_window_view(accel, REST_ROWS, axis=0)
    quietest = windows[windows.var(axis=2).sum(axis=1).argmin()]
    return float(np.median(np.linalg.norm(quietest, axis=0)))


def accel_scale(gravity: float) -> float | None:
    """Return the unit, in m/s^2, in which gravity has this magnitude: g, m/s^2, or None.

    The limits allow for a poor calibration and for a hand that is never quite at rest. If the
    sensor is moved all the time, the unit is found in its first quiet half second.
    """
    if 0.5 <= gravity <= 1.6:
        return STANDARD_GRAVITY
    if 5 <= gravity <= 16:
        return 1.0
    return None


def gyro_scale(
    t: NDArray[np.float64], accel: NDArray[np.float64], gyro: NDArray[np.float64]
) -> float | None:
    """Return the gyro's unit in rad/s: 1, pi/180 for deg/s, or None while it cannot be decided.

    Gravity is constant in the world, so in the sensor's frame it turns against the sensor:
    da = a x w dt. Fitting k in da = k (a x w dt) gives 1 for rad/s and 0.017 for deg/s; all other
    acceleration is noise in this fit. A gyro with a bias of some deg/s can be decided at rest, any
    other once it is tilted. Turning about the vertical alone decides nothing, unless it is faster
    than FASTEST.
    """
    if np.abs(gyro).max(initial=0) > FASTEST:
        return DEGREE
    if len(t) < REST_ROWS:
        return None
    middle = (accel[1:] + accel[:-1]) / 2
    step = np.diff(t)[:, None]
    adjacent = step < 3 * np.median(step)  # no gap between the two samples
    turned = np.cross(middle, (gyro[1:] + gyro[:-1]) / 2) * step * adjacent
    change = np.diff(accel, axis=0) * adjacent
    power = float((turned**2).sum())
    if power == 0:
        return None
    k = float((change * turned).sum()) / power
    error = CONFIDENCE * float(np.sqrt(((change - k * turned) ** 2).mean() / power))
    if k - error > DECISION_FACTOR:
        return 1.0
    if k + error < DECISION_FACTOR:
        return DEGREE
    return None
