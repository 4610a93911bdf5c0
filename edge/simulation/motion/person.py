"""A whole person with a sensor: a hand that draws, the arm behind it, how they hold the chip."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from edge.simulation.motion.arm import SETTLE, Arm
from edge.simulation.motion.hand import STEP, Hand, Track
from edge.simulation.motion.imu import felt, random_mounting

Felt = NDArray[np.float64]


class Person:
    """Draws on request; `feel` turns any track into what their sensor feels, without faults."""

    def __init__(self, seed: int) -> None:
        self.hand = Hand(seed)
        self.rng = self.hand.rng
        self.arm = Arm(self.rng, self.hand.height)
        self.mounting = random_mounting(self.rng)
        self.place = np.zeros(2)  # where the hand is in the plane of writing, m
        self.clock = 0.0  # s, this person's own

    def rest(self, seconds: float) -> Track:
        return np.repeat(self.place[None], max(1, int(seconds / STEP)), axis=0)

    def draw(self, digit: str) -> Track:
        """A digit, from wherever the hand is."""
        return self._from_here(self.hand.draw(digit))

    def write(self, line: Track) -> Track:
        """Any line one high, drawn as this person would."""
        return self._from_here(self.hand.write(line))

    def _from_here(self, track: Track) -> Track:
        return track - track[0] + self.place

    def go(self, place: NDArray[np.float64]) -> Track:
        return self.hand.move(self.place, place)

    def feel(self, track: Track) -> Felt:
        """(n, 6) true specific force and turn rate, `STEP` apart; moves the hand and the clock.

        The hand settles for a moment before and after.
        """
        settle = int(SETTLE / STEP) + 1
        return self.feel_posture(np.pad(track, ((settle, settle), (0, 0)), mode="edge"), 0.0)

    def feel_posture(self, track: Track, offset: NDArray[np.float64] | float) -> Felt:
        """The same for a track that rests at both ends, with a posture added to the arm's."""
        edge = 2  # samples beyond both ends, so that derivatives at the ends are true
        padded = np.pad(track, ((edge, edge), (0, 0)), mode="edge")
        posture = self.arm.posture(padded, self.clock - edge * STEP)
        posture[edge:-edge] += offset
        self.place = track[-1]
        self.clock += len(track) * STEP
        return felt(posture, self.mounting)[edge:-edge]
