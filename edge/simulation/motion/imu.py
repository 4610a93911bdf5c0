"""From poses to the readings of an MPU6050 on that hand: mounting, gravity, ranges, faults."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from edge.samples import DEGREE, STANDARD_GRAVITY
from edge.simulation.motion.arm import Poses
from edge.simulation.motion.hand import STEP

COUNTS = 32768  # full scale of the converter

Signal = NDArray[np.float64]
"""(n, 6) specific force (m/s^2) and turn rate (rad/s) along the sensor's axes, STEP apart."""


def random_mounting(rng: np.random.Generator) -> NDArray[np.float64]:
    """How the sensor is held or glued on: a rotation matrix, uniformly random."""
    q = rng.normal(size=4)
    w, x, y, z = q / np.linalg.norm(q)
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
            [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
            [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
        ]
    )


def ideal_signal(poses: Poses, mounting: NDArray[np.float64]) -> Signal:
    """What a sensor without faults measures."""
    velocity = np.gradient(poses[:, :3], STEP, axis=0)
    force = np.gradient(velocity, STEP, axis=0) + [0.0, 0.0, STANDARD_GRAVITY]
    orientation = _rotations(poses[:, 3:])
    change = np.gradient(orientation, STEP, axis=0)
    skew = np.einsum("nji,njk->nik", orientation, change)  # body rates: R' dR/dt is skew
    turn_rate = np.stack([skew[:, 2, 1], skew[:, 0, 2], skew[:, 1, 0]], axis=1)
    body_force = np.einsum("nji,nj->ni", orientation, force)
    return np.concatenate([body_force @ mounting, turn_rate @ mounting], axis=1)


class Imu:
    """One sensor with its own faults, set to certain ranges."""

    def __init__(
        self,
        rng: np.random.Generator,
        rate: float = 100.0,
        accel_g: float = 4,
        gyro_dps: float = 500,
    ) -> None:
        self.rng = rng
        self.rate = rate * (1 + rng.normal(0, 0.01))  # its oscillator is precise to about 1 %
        self.full_scale = np.repeat([accel_g * STANDARD_GRAVITY, gyro_dps * DEGREE], 3)
        self.scale = 1 + rng.normal(0, 0.01, 6)
        self.bias = rng.normal(0, np.repeat([0.25, 0.02], 3))
        self.noise = np.repeat([0.04, 0.002], 3)

    def read(self, signal: Signal) -> NDArray[np.float32]:
        """Readings of a true signal, which is given at the sensor's own sample times."""
        value = signal * self.scale + self.bias + self.rng.normal(0, 1, signal.shape) * self.noise
        counts = np.clip(np.round(value / self.full_scale * COUNTS), -COUNTS, COUNTS - 1)
        return (counts * self.full_scale / COUNTS).astype(np.float32)

    def clipped(self, readings: NDArray[np.float32]) -> NDArray[np.bool_]:
        """Which samples have a value at an end of its range."""
        at_limit: NDArray[np.bool_] = np.abs(readings) >= self.full_scale * (1 - 1.5 / COUNTS)
        return np.asarray(at_limit.any(axis=1))


def _rotations(angles: NDArray[np.float64]) -> NDArray[np.float64]:
    """Body-to-world rotations: yaw about up, then pitch about right, then roll about forward."""
    (cy, cp, cr), (sy, sp, sr) = np.cos(angles.T), np.sin(angles.T)
    zero, one = np.zeros_like(cy), np.ones_like(cy)
    yaw = np.array([[cy, -sy, zero], [sy, cy, zero], [zero, zero, one]])
    pitch = np.array([[one, zero, zero], [zero, cp, -sp], [zero, sp, cp]])
    roll = np.array([[cr, zero, sr], [zero, one, zero], [-sr, zero, cr]])
    return np.einsum("ijn,jkn,kln->nil", yaw, pitch, roll)
