"""From a track in the plane of writing to where the sensor is and how it is turned.

A posture is (n, 6): right, forward, up in metres, then yaw, pitch, roll in radians. Nobody draws
with the wrist alone or with the shoulder alone: the nearer the joint, the more the sensor turns
per metre drawn.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from edge.simulation.motion.hand import STEP, Track, smooth

Posture = NDArray[np.float64]

LATEST, LOOSEST = 0.05, 0.05  # s, how far behind its place a hand's turn can be, and how softly
SETTLE = LATEST + 3 * LOOSEST


class Arm:
    """How one person's arm carries the sensor."""

    def __init__(self, rng: np.random.Generator, height: float) -> None:
        """`height`: of this person's digits, in metres; small ones come from the wrist."""

        def between(low: float, high: float) -> float:
            return float(np.exp(rng.uniform(np.log(low), np.log(high))))

        nearness = min(between(0.55, 2.4) / height, 9.0)  # rad per metre: 1 an arm, 9 a wrist
        self.yaw = -nearness * between(0.6, 1.4)
        self.pitch = nearness * between(0.6, 1.4)
        self.roll = nearness * rng.normal(0, 0.25, 2)
        self.cross = nearness * rng.normal(0, 0.1, 2)  # yaw from up, pitch from right
        self.reach = between(0.3, 1.0)  # m, radius of the sphere that the hand moves on
        self.lean = float(rng.normal(0, 0.25))  # the plane of writing leans away
        self.lag = float(rng.uniform(-0.03, LATEST))  # s, the hand turns after it moves
        self.loose = float(rng.uniform(0.01, LOOSEST))  # s, how softly it follows
        self.wobble = Wobble(rng, rng.uniform(0.3, 1.0))

    def posture(self, track: Track, start: float) -> Posture:
        """Postures along a track that begins `start` seconds after this arm's own zero.

        The track must rest for `SETTLE` at both ends, or the turn would not have followed it yet.
        """
        right, up = track.T
        forward = -(right**2 + up**2) / (2 * self.reach) + self.lean * up
        late = np.clip(np.arange(len(track)) - round(self.lag / STEP), 0, len(track) - 1)
        turned = smooth(track[late], self.loose / STEP)
        right_turn, up_turn = turned.T
        yaw = self.yaw * right_turn + self.cross[0] * up_turn
        pitch = self.pitch * up_turn + self.cross[1] * right_turn
        roll = self.roll[0] * right_turn + self.roll[1] * up_turn
        posture = np.stack([right, forward, up, yaw, pitch, roll], axis=1)
        return posture + self.wobble(start + np.arange(len(track), dtype=np.float64) * STEP)


class Wobble:
    """What a living arm does all the time: slow sway, and physiological tremor at 8 to 12 Hz."""

    SWAY, TREMOR = 5, 3

    def __init__(self, rng: np.random.Generator, size: float) -> None:
        hertz = np.concatenate([rng.uniform(0.15, 2.0, self.SWAY), rng.uniform(8, 12, self.TREMOR)])
        self.omega = 2 * np.pi * hertz
        self.phase = rng.uniform(0, 2 * np.pi, (len(hertz), 6))
        metres = np.concatenate([0.003 / (1 + hertz[: self.SWAY]), np.full(self.TREMOR, 4e-5)])
        radians = np.concatenate([0.015 / (1 + hertz[: self.SWAY]), np.full(self.TREMOR, 3e-4)])
        scale = np.stack([metres] * 3 + [radians] * 3, axis=1)
        self.amount = size * scale * rng.normal(0, 1, scale.shape)

    def __call__(self, t: NDArray[np.float64]) -> Posture:
        return np.einsum(
            "nfa,fa->na", np.sin(t[:, None, None] * self.omega[:, None] + self.phase), self.amount
        )
