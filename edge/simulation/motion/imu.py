"""From postures to what an MPU6050 on that hand reports: mounting, gravity, scale, faults."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from edge.samples import DEGREE, STANDARD_GRAVITY
from edge.simulation.motion.arm import Posture
from edge.simulation.motion.hand import STEP

COUNTS = 32768  # full scale of the converter


def random_mounting(rng: np.random.Generator) -> NDArray[np.float64]:
    """Any way to hold or glue the sensor: a rotation drawn evenly from all there are."""
    q = rng.normal(size=4)
    w, x, y, z = q / np.linalg.norm(q)
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
            [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
            [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
        ]
    )


def felt(posture: Posture, mounting: NDArray[np.float64]) -> NDArray[np.float64]:
    """Specific force (m/s^2) and turn rate (rad/s) along the sensor's own axes, without faults."""
    velocity = np.gradient(posture[:, :3], STEP, axis=0)
    force = np.gradient(velocity, STEP, axis=0) + [0.0, 0.0, STANDARD_GRAVITY]
    turned = _rotations(posture[:, 3:])
    rate = np.gradient(turned, STEP, axis=0)
    spin = np.einsum("nji,njk->nik", turned, rate)  # body rates: R' dR/dt is skew
    omega = np.stack([spin[:, 2, 1], spin[:, 0, 2], spin[:, 1, 0]], axis=1)
    own_force = np.einsum("nji,nj->ni", turned, force)
    return np.concatenate([own_force @ mounting, omega @ mounting], axis=1)


class Imu:
    """One sensor with its individual faults, at the ranges it is set to."""

    def __init__(
        self,
        rng: np.random.Generator,
        rate: float = 100.0,
        accel_g: float = 4,
        gyro_dps: float = 500,
    ) -> None:
        self.rng = rng
        self.rate = rate * (1 + rng.normal(0, 0.01))  # its oscillator is good to about 1 %
        self.rail = np.repeat([accel_g * STANDARD_GRAVITY, gyro_dps * DEGREE], 3)
        self.scale = 1 + rng.normal(0, 0.01, 6)
        self.bias = rng.normal(0, np.repeat([0.25, 0.02], 3))
        self.noise = np.repeat([0.04, 0.002], 3)

    def read(self, signal: NDArray[np.float64]) -> NDArray[np.float32]:
        """Readings for true values (already at the sensor's own instants)."""
        value = signal * self.scale + self.bias + self.rng.normal(0, 1, signal.shape) * self.noise
        counts = np.clip(np.round(value / self.rail * COUNTS), -COUNTS, COUNTS - 1)
        return (counts * self.rail / COUNTS).astype(np.float32)

    def clipped(self, readings: NDArray[np.float32]) -> NDArray[np.bool_]:
        """Which samples stand on a rail."""
        on_rail: NDArray[np.bool_] = np.abs(readings) >= self.rail * (1 - 1.5 / COUNTS)
        return np.asarray(on_rail.any(axis=1))


def _rotations(angles: NDArray[np.float64]) -> NDArray[np.float64]:
    """Body-to-world rotations: yaw about up, then pitch about right, then roll about forward."""
    (cy, cp, cr), (sy, sp, sr) = np.cos(angles.T), np.sin(angles.T)
    zero, one = np.zeros_like(cy), np.ones_like(cy)
    yaw = np.array([[cy, -sy, zero], [sy, cy, zero], [zero, zero, one]])
    pitch = np.array([[one, zero, zero], [zero, cp, -sp], [zero, sp, cp]])
    roll = np.array([[cr, zero, sr], [zero, one, zero], [-sr, zero, cr]])
    return np.einsum("ijn,jkn,kln->nil", yaw, pitch, roll)
