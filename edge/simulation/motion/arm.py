"""From a trajectory in the plane of writing to the poses of the sensor.

A pose is a row of six values: right, forward and up in metres, then yaw, pitch and roll in radians.
People differ in the joint they draw with: the nearer it is to the hand, the more the sensor turns
for each metre drawn.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from edge.simulation.motion.hand import STEP, Trajectory, smooth

Poses = NDArray[np.float64]
"""(n, 6), STEP apart."""

MAX_LAG = 0.05  # s, of the orientation behind the position
MAX_SMOOTHING = 0.05  # s, sigma with which the orientation follows
SETTLE = MAX_LAG + 3 * MAX_SMOOTHING


class Arm:
    """How the arm of one person carries the sensor."""

    def __init__(self, rng: np.random.Generator, height: float) -> None:
        """`height` of this person's digits in metres; small digits come from the wrist."""

        def log_uniform(low: float, high: float) -> float:
            return float(np.exp(rng.uniform(np.log(low), np.log(high))))

        # rad per metre: 1 for a movement from the shoulder, 9 for one of the wrist.
        turn_per_metre = min(log_uniform(0.55, 2.4) / height, 9.0)
        self.yaw = -turn_per_metre * log_uniform(0.6, 1.4)
        self.pitch = turn_per_metre * log_uniform(0.6, 1.4)
        self.roll = turn_per_metre * rng.normal(0, 0.25, 2)
        self.cross = turn_per_metre * rng.normal(0, 0.1, 2)  # yaw from up, pitch from right
        self.reach = log_uniform(0.3, 1.0)  # m, radius of the sphere on which the hand moves
        self.lean = float(rng.normal(0, 0.25))  # inclination of the plane of writing
        self.lag = float(rng.uniform(-0.03, MAX_LAG))  # s, orientation behind position
        self.smoothing = float(rng.uniform(0.01, MAX_SMOOTHING))  # s
        self.tremor = Tremor(rng, rng.uniform(0.3, 1.0))

    def poses(self, trajectory: Trajectory, start: float) -> Poses:
        """Poses along a trajectory that begins `start` seconds after the zero of this arm's time.

        The trajectory must rest for SETTLE at both ends, so that the orientation can follow.
        """
        right, up = trajectory.T
        forward = -(right**2 + up**2) / (2 * self.reach) + self.lean * up
        last = len(trajectory) - 1
        delayed = np.clip(np.arange(len(trajectory)) - round(self.lag / STEP), 0, last)
        followed = smooth(trajectory[delayed], self.smoothing / STEP)
        right_turn, up_turn = followed.T
        yaw = self.yaw * right_turn + self.cross[0] * up_turn
        pitch = self.pitch * up_turn + self.cross[1] * right_turn
        roll = self.roll[0] * right_turn + self.roll[1] * up_turn
        poses = np.stack([right, forward, up, yaw, pitch, roll], axis=1)
        return poses + self.tremor(start + np.arange(len(trajectory), dtype=np.float64) * STEP)


class Tremor:
    """Involuntary motion of an arm: slow sway, and physiological tremor at 8 to 12 Hz."""

    SWAY_WAVES, TREMOR_WAVES = 5, 3

    def __init__(self, rng: np.random.Generator, size: float) -> None:
        sway = rng.uniform(0.15, 2.0, self.SWAY_WAVES)
        hertz = np.concatenate([sway, rng.uniform(8, 12, self.TREMOR_WAVES)])
        self.omega = 2 * np.pi * hertz
        self.phase = rng.uniform(0, 2 * np.pi, (len(hertz), 6))
        metres = np.concatenate([0.003 / (1 + sway), np.full(self.TREMOR_WAVES, 4e-5)])
        radians = np.concatenate([0.015 / (1 + sway), np.full(self.TREMOR_WAVES, 3e-4)])
        scale = np.stack([metres] * 3 + [radians] * 3, axis=1)
        self.amplitude = size * scale * rng.normal(0, 1, scale.shape)

    def __call__(self, t: NDArray[np.float64]) -> Poses:
        """Offsets to the poses at times t."""
        waves = np.sin(t[:, None, None] * self.omega[:, None] + self.phase)
        return np.einsum("nfa,fa->na", waves, self.amplitude)
