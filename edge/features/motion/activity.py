"""The activity of a hand: how fast it turns and accelerates, sample by sample.

Turn rate and acceleration are smoothed as vectors, before their size is computed: what alternates
from sample to sample, as the vibration motor of a watch does, cancels. Acceleration counts only
beside rotation, because a hand that writes always turns too, and a vibration hardly turns.

The values of these constants, and their names, are part of every model's input specification.
"""

from __future__ import annotations

import math

ACCEL_WEIGHT = 0.2  # rad/s for each m/s^2: how much acceleration counts beside rotation ...
ACCEL_CAP = 1.5  # ... but at most so many times the rotation itself
SMOOTHING, LEVEL = 0.05, 0.2  # s, time constants of the activity, and of gravity and turn rate
REST_FOR_BIAS = 0.06  # rad/s: with less unsteadiness, the bias of the gyroscope is estimated
LARGEST_BIAS = 0.4  # rad/s: the MPU6050's data sheet allows 20 deg/s
BIAS_TIME = 0.8  # s, time constant of the bias

Bias = tuple[float, float, float]


class ActivityMeter:
    """Takes the samples of one stream without gaps; estimates the gyroscope's bias at rest.

    Without a gyroscope (its columns are zero) acceleration alone counts.
    """

    def __init__(self, bias: Bias, has_gyro: bool = True) -> None:
        self.bias = list(bias)
        self._uncapped = 0.0 if has_gyro else math.inf
        self.reset()

    def reset(self) -> None:
        """Forget the samples, but not the bias: samples are missing."""
        self.activity = 0.0
        """rad/s"""
        self._started = False
        self._unsteadiness = 1.0

    def _start(self, accel: list[float], gyro: list[float]) -> None:
        self._started = True
        self._before, self._fast, self._gravity = accel, accel, accel
        self._turn, self._mean_rate = gyro, gyro

    def update(self, row: tuple[float, ...], step: float) -> float:
        """The activity after one sample (t, ax, ay, az, gx, gy, gz), `step` s after the last."""
        _, ax, ay, az, gx, gy, gz = row
        if not self._started:
            self._start([ax, ay, az], [gx, gy, gz])
        # Each axis is written out: a loop takes twice as long, and this is most of the cost of a
        # sample.
        slow, fast = step / (LEVEL + step), step / (SMOOTHING + step)
        px, py, pz = self._before
        self._before = [ax, ay, az]
        # The mean with the sample before: nothing remains of what alternates at the sample rate.
        ax, ay, az = (ax + px) / 2, (ay + py) / 2, (az + pz) / 2
        fx, fy, fz = self._fast
        fx += fast * (ax - fx)
        fy += fast * (ay - fy)
        fz += fast * (az - fz)
        self._fast = [fx, fy, fz]
        lx, ly, lz = self._gravity
        lx += slow * (ax - lx)
        ly += slow * (ay - ly)
        lz += slow * (az - lz)
        self._gravity = [lx, ly, lz]
        tx, ty, tz = self._turn
        tx += fast * (gx - tx)
        ty += fast * (gy - ty)
        tz += fast * (gz - tz)
        self._turn = [tx, ty, tz]
        mx, my, mz = self._mean_rate
        mx += slow * (gx - mx)
        my += slow * (gy - my)
        mz += slow * (gz - mz)
        self._mean_rate = [mx, my, mz]
        bx, by, bz = self.bias
        turn = math.sqrt((tx - bx) ** 2 + (ty - by) ** 2 + (tz - bz) ** 2)
        push = ACCEL_WEIGHT * math.sqrt((fx - lx) ** 2 + (fy - ly) ** 2 + (fz - lz) ** 2)
        self.activity = turn + min(push, ACCEL_CAP * turn + self._uncapped)
        deviation = math.sqrt((gx - mx) ** 2 + (gy - my) ** 2 + (gz - mz) ** 2)
        self._unsteadiness += slow * (deviation + push - self._unsteadiness)
        if self._unsteadiness < REST_FOR_BIAS:
            self._update_bias(step / (BIAS_TIME + step))
        return self.activity

    def _update_bias(self, weight: float) -> None:
        for k, rate in enumerate(self._mean_rate):
            if abs(rate) < LARGEST_BIAS:
                self.bias[k] += weight * (rate - self.bias[k])
