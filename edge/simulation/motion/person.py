"""A person with a sensor in the hand: handwriting, arm and mounting together."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from edge.simulation.motion.arm import SETTLE, Arm, Poses
from edge.simulation.motion.hand import STEP, Hand, Trajectory
from edge.simulation.motion.imu import Signal, ideal_signal, random_mounting
from edge.simulation.motion.shapes import Line


class Person:
    """Makes trajectories on request; `sense` gives the ideal signal of the sensor along them."""

    def __init__(self, seed: int) -> None:
        self.hand = Hand(seed)
        self.rng = self.hand.rng
        self.arm = Arm(self.rng, self.hand.height)
        self.mounting = random_mounting(self.rng)
        self.position = np.zeros(2)  # m, of the hand in the plane of writing
        self.clock = 0.0  # s, the time of this person

    def rest(self, seconds: float) -> Trajectory:
        """No movement."""
        return np.repeat(self.position[None], max(1, int(seconds / STEP)), axis=0)

    def draw(self, digit: str) -> Trajectory:
        """A digit, from the current position on."""
        return self._from_here(self.hand.draw(digit))

    def write(self, line: Line) -> Trajectory:
        """Any line of height one in this person's handwriting, from the current position on."""
        return self._from_here(self.hand.write(line))

    def move_to(self, position: NDArray[np.float64]) -> Trajectory:
        """A movement from the current position to another."""
        return self.hand.move(self.position, position)

    def _from_here(self, trajectory: Trajectory) -> Trajectory:
        return trajectory - trajectory[0] + self.position

    def sense(self, trajectory: Trajectory) -> Signal:
        """The signal along a trajectory, with a short rest before and after it.

        Moves the hand to its end and advances the clock.
        """
        rest = int(SETTLE / STEP) + 1
        padded = np.pad(trajectory, ((rest, rest), (0, 0)), mode="edge")
        return self.sense_with_offset(padded, 0.0)

    def sense_with_offset(self, trajectory: Trajectory, offset: Poses | float) -> Signal:
        """The same for a trajectory that rests at both ends; the offset is added to the poses."""
        edge = 2  # samples beyond both ends, so that the derivatives at the ends are true
        padded = np.pad(trajectory, ((edge, edge), (0, 0)), mode="edge")
        poses = self.arm.poses(padded, self.clock - edge * STEP)
        poses[edge:-edge] += offset
        self.position = trajectory[-1]
        self.clock += len(trajectory) * STEP
        return ideal_signal(poses, self.mounting)[edge:-edge]
