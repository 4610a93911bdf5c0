"""From the signals of an IMU to the trajectories that the hand drew, whatever the sensor's pose.

The model input must not depend on how the sensor is held, mounted or pointed, so the computation
uses none of the sensor's own axes. In a frame whose z axis points up (`edge.features.motion.frame`)
the axis that remains to be found is the lateral one: the horizontal line in the plane of writing.
The hand tilts about it and moves along it, so both kinds of motion vary most along it.

The result is two trajectories of the same stroke: the angle, where a pointer on the sensor pointed
(right and up; little noise, but small if the wrist moves little), and the position, where the hand
was (right and up; from the accelerometer, with drift). Their time derivatives follow.

The sign of the lateral axis stays open, because one stroke cannot tell it: a person who writes on a
wall and one who writes on a table tilt in opposite directions. Under the other sign the angle is
upside down and the position is mirrored (`flipped`); the model scores both. The first sign is the
one that the anatomy of an arm supports: usually a hand that moves up also tilts up, and angle and
position agree.

All functions work on a batch of strokes at once.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge.features.motion import paths
from edge.features.motion.frame import Array, UprightMotion, upright_motion
from edge.samples import STANDARD_GRAVITY

ANGLE, POSITION, ANGULAR_VELOCITY, VELOCITY = slice(0, 2), slice(2, 4), slice(4, 6), slice(6, 8)
CHANNELS = 8
"""Columns of `trajectories`: right and up of each of the four."""
OTHER_SIGN = np.array([1, -1, -1, 1, 1, -1, -1, 1])  # of each channel
IS_ANGLE = np.array([1, 1, 0, 0, 1, 1, 0, 0], bool)
"""Which channels are angle or angular velocity; the others are position and velocity."""


@dataclass(frozen=True)
class Poses:
    """A batch of strokes, under the first of the two signs of the lateral axis."""

    trajectories: Array
    """(n, bins, CHANNELS)"""
    agreement: Array
    """(n, 2) of angle and position, to the right and upwards; the sum is 0 to 3."""
    imbalance: Array
    """(n,) logarithm of the velocity that the stroke cannot have ended with if it began and ended
    at rest, as a share of the velocity within it."""
    lateral: Array
    """(n, 3) the direction to the right, in the sensor's own axes at the middle of the stroke."""


def poses(motion: Array, duration: Array) -> Poses:
    """`motion` is (n, bins, 6) acceleration and turn rate, `duration` (n,) is in seconds."""
    count = motion.shape[1]
    step = (duration / count)[:, None, None]
    upright = upright_motion(motion, step)
    velocity3 = paths.velocity_between_rests(upright.acceleration, step)
    lateral = _lateral_axis(paths.integral(upright.angular_velocity, step), velocity3)

    def in_writing_plane(vector: Array) -> Array:
        along = (vector[..., :2] * lateral[:, None]).sum(axis=2)
        return np.stack([along, vector[..., 2]], axis=2)

    angle = paths.centred(_pointed(upright.rotations, lateral))
    angular_velocity = np.gradient(angle, axis=1) / step
    velocity = in_writing_plane(velocity3)
    position = paths.integral(velocity, step)
    agreement = (
        paths.correlation(angle, position)
        + paths.correlation(angular_velocity, velocity)
        + paths.correlation(
            np.gradient(angular_velocity, axis=1), in_writing_plane(upright.acceleration)
        )
    )
    sign = np.where(agreement.sum(axis=1, keepdims=True) < 0, -1.0, 1.0)
    angle, angular_velocity = paths.normalised(angle, angular_velocity)
    position, velocity = paths.normalised(position, velocity)
    drawn = np.concatenate([angle, position, angular_velocity, velocity], axis=2)
    right = np.pad(lateral * sign, ((0, 0), (0, 1)))
    return Poses(
        np.where(sign[..., None] < 0, flipped(drawn), drawn),
        agreement * sign,
        _imbalance(upright, velocity3, duration),
        (right[:, None] @ upright.rotations[:, count // 2])[:, 0],
    )


def flipped(trajectories: NDArray) -> NDArray:  # type: ignore[type-arg]
    """The same strokes under the other sign of the lateral axis."""
    return trajectories * OTHER_SIGN.astype(trajectories.dtype)


def _lateral_axis(angle: Array, velocity: Array) -> Array:
    """(n, 2) the horizontal direction along which angle and velocity vary most."""
    spread = paths.horizontal_covariance(angle) + paths.horizontal_covariance(velocity)
    return np.linalg.eigh(spread)[1][:, :, 1]


def _pointed(rotations: Array, lateral: Array) -> Array:
    """(n, bins, 2) where a pointer on the sensor pointed that is level and points ahead on average.

    To the right and up, in radians. The integrated turn rate would be about the same, but it takes
    a roll of the hand for a turn.
    """
    none = np.zeros(len(lateral))
    right = np.stack([lateral[:, 0], lateral[:, 1], none], axis=1)
    ahead = np.stack([-lateral[:, 1], lateral[:, 0], none], axis=1)
    pointer = np.einsum("ntij,ni->nj", rotations, ahead)
    pointer /= np.maximum(np.linalg.norm(pointer, axis=1, keepdims=True), 1e-9)
    at = np.einsum("ntij,nj->nti", rotations, pointer)
    to_right, to_ahead = (at * right[:, None]).sum(axis=2), (at * ahead[:, None]).sum(axis=2)
    angle_right = np.unwrap(np.arctan2(to_right, to_ahead), axis=1)
    angle_up = np.arctan2(at[..., 2], np.hypot(to_right, to_ahead))
    return np.stack([angle_right, angle_up], axis=2)


def _imbalance(upright: UprightMotion, velocity: Array, duration: Array) -> Array:
    speed = np.sqrt((velocity**2).sum(axis=2).mean(axis=1) + 1e-9)
    gained = np.abs(upright.gravity - STANDARD_GRAVITY) * duration
    return np.log(gained / speed + 1e-2)
