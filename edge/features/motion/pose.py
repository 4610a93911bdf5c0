"""From the signals of an IMU to the trajectory that the hand drew, whatever the sensor's pose.

The model input must not depend on how the sensor is held, mounted or pointed, so the computation
uses none of the sensor's own axes. Gravity gives the vertical axis. The integrated gyroscope
rotates every reading into one fixed frame. The axis that remains to be found is the lateral one:
the horizontal line in the plane of writing. The hand tilts about it and moves along it, so both
kinds of motion vary most along it. Its sign follows from the anatomy of the arm: a hand that moves
up also tilts up, and a hand that moves right also turns right.

The result is two trajectories of the same stroke: the angle, where the hand pointed (right and up;
little noise, but small if the wrist moves little), and the position, where the hand was (right and
up; from the accelerometer, with drift). Their time derivatives follow. All functions work on a
batch of strokes at once.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

ANGLE, POSITION, ANGULAR_VELOCITY, VELOCITY = slice(0, 2), slice(2, 4), slice(4, 6), slice(6, 8)
CHANNELS = 8
"""Columns of `trajectories`: right and up of each of the four."""


def bins(t: Array, values: Array, count: int) -> Array:
    """Means over `count` equal spans of time; they have the integral of the signal at any rate."""
    steps = np.diff(t)[:, None]
    area = np.concatenate(
        [np.zeros((1, values.shape[1])), np.cumsum((values[1:] + values[:-1]) / 2 * steps, axis=0)]
    )
    edges = np.linspace(t[0], t[-1], count + 1)
    at_edges = np.stack([np.interp(edges, t, column) for column in area.T], axis=1)
    return np.diff(at_edges, axis=0) * (count / (t[-1] - t[0]))


def trajectories(motion: Array, duration: Array) -> Array:
    """The (strokes, bins, CHANNELS) trajectories of a batch of strokes.

    `motion` is (strokes, bins, 6) acceleration and turn rate, `duration` is in seconds.
    """
    step = (duration / motion.shape[1])[:, None, None]
    angular_velocity, acceleration = _to_upright_frame(motion, step)
    angle = _centred(np.cumsum(angular_velocity, axis=1) * step)
    velocity = _without_drift(np.cumsum(_without_gravity_leak(acceleration), axis=1) * step)
    position = _centred(np.cumsum(velocity, axis=1) * step)

    # Angle and velocity vary most along the lateral axis.
    spread = _horizontal_covariance(angle) + _horizontal_covariance(velocity)
    lateral = np.linalg.eigh(spread)[1][:, None, :, 1]

    def in_writing_plane(vector: Array, *, rotation: bool) -> Array:
        """Right and up. A turn to the right is a negative rotation about the vertical axis."""
        along = (vector[..., :2] * lateral).sum(axis=2)
        return np.stack([-vector[..., 2], along] if rotation else [along, vector[..., 2]], axis=2)

    angle, angular_velocity = (
        in_writing_plane(vector, rotation=True) for vector in (angle, angular_velocity)
    )
    position, velocity, acceleration = (
        in_writing_plane(vector, rotation=False) for vector in (position, velocity, acceleration)
    )
    angular_acceleration = np.gradient(angular_velocity, axis=1)
    agreement = sum(
        (_unit_size(rotation) * _unit_size(translation)).sum(axis=(1, 2))
        for rotation, translation in (
            (angle, position),
            (angular_velocity, velocity),
            (angular_acceleration, acceleration),
        )
    )
    # The other sign of the lateral axis inverts the "up" of rotations and the "right" of positions.
    sign = np.where(agreement < 0, -1.0, 1.0)[:, None]
    for rotation in (angle, angular_velocity):
        rotation[..., 1] *= sign
    for translation in (position, velocity):
        translation[..., 0] *= sign
    parts = (angle, position, angular_velocity, velocity)
    return np.concatenate([_unit_size(part) for part in parts], axis=2)


def _to_upright_frame(motion: Array, step: Array) -> tuple[Array, Array]:
    """Turn rate and acceleration without gravity, in a fixed frame whose z axis points up."""
    half = _rotation_matrices(motion[..., 3:] * step / 2)
    orientation = np.broadcast_to(np.eye(3), (len(motion), 3, 3))
    in_frame = np.empty_like(motion)
    vectors = motion.reshape(*motion.shape[:2], 2, 3)
    for k in range(motion.shape[1]):
        middle = orientation @ half[:, k]
        in_frame[:, k] = (vectors[:, k] @ middle.transpose(0, 2, 1)).reshape(-1, 6)
        orientation = middle @ half[:, k]
    # From rest to rest the accelerations cancel: their mean is gravity.
    gravity = in_frame[:, :, :3].mean(axis=1)
    up = gravity / np.maximum(np.linalg.norm(gravity, axis=1, keepdims=True), 1e-9)
    most_horizontal = np.eye(3)[np.argmin(np.abs(up), axis=1)]
    ahead = np.cross(up, most_horizontal)
    ahead /= np.linalg.norm(ahead, axis=1, keepdims=True)
    frame = np.stack([np.cross(ahead, up), ahead, up], axis=1).transpose(0, 2, 1)
    return in_frame[..., 3:] @ frame, (in_frame[..., :3] - gravity[:, None]) @ frame


def _rotation_matrices(rotation_vectors: Array) -> Array:
    """Rotation matrices of rotation vectors (Rodrigues)."""
    angle = np.linalg.norm(rotation_vectors, axis=-1)[..., None, None]
    x, y, z = np.moveaxis(rotation_vectors, -1, 0)
    none = np.zeros_like(x)
    cross = np.stack([none, -z, y, z, none, -x, -y, x, none], axis=-1).reshape(*x.shape, 3, 3)
    half_sinc = np.sinc(angle / (2 * np.pi))
    return np.eye(3) + np.sinc(angle / np.pi) * cross + 0.5 * half_sinc**2 * (cross @ cross)


def _without_gravity_leak(acceleration: Array) -> Array:
    """Remove a linear trend from the horizontal acceleration.

    While the error of the tilt grows, gravity leaks into the horizontal axes as such a trend. The
    distance between start and end is removed with it; the angle still has it.
    """
    ramp = np.linspace(-1, 1, acceleration.shape[1])[None, :, None]
    slope = (acceleration[..., :2] * ramp).sum(axis=1, keepdims=True) / (ramp**2).sum()
    return np.concatenate([acceleration[..., :2] - slope * ramp, acceleration[..., 2:]], axis=2)


def _without_drift(velocity: Array) -> Array:
    """Remove a linear drift: a hand that rests at the end of a stroke has no velocity."""
    share = (np.arange(velocity.shape[1]) + 1.0) / velocity.shape[1]
    return velocity - velocity[:, -1:] * share[None, :, None]


def _centred(path: Array) -> Array:
    return path - path.mean(axis=1, keepdims=True)


def _horizontal_covariance(path: Array) -> Array:
    """Covariance in the horizontal plane, relative to the size of the path in all three axes."""
    horizontal = path[..., :2]
    size = (path**2).sum(axis=(1, 2))[:, None, None] + 1e-9
    return np.einsum("bni,bnj->bij", horizontal, horizontal) / size


def _unit_size(path: Array) -> Array:
    """Scaled so that the root mean square distance of its points from the origin is one."""
    size = np.sqrt((path**2).sum(axis=2).mean(axis=1) + 1e-9)
    return path / size[:, None, None]
