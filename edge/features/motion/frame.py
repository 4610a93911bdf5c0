"""From the signals of an IMU to motion in a fixed frame whose z axis points up.

Gravity gives the vertical axis; the integrated gyroscope rotates every reading into one frame. The
result does not depend on how the sensor is held or mounted, up to a rotation about the vertical.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True)
class UprightMotion:
    """A batch of strokes in frames with z up."""

    acceleration: Array
    """(n, bins, 3) m/s^2, without gravity."""
    angular_velocity: Array
    """(n, bins, 3) rad/s."""
    rotations: Array
    """(n, bins, 3, 3) from the sensor's axes to the frame."""
    gravity: Array
    """(n,) m/s^2, the size of gravity as it was found."""


def upright_motion(motion: Array, step: Array) -> UprightMotion:
    """`motion` is (n, bins, 6) acceleration and turn rate, `step` (n, 1, 1) seconds per bin."""
    half = _rotation_matrices(motion[..., 3:] * step / 2)
    strokes, bins = motion.shape[:2]
    orientation = np.broadcast_to(np.eye(3), (strokes, 3, 3))
    rotations = np.empty((strokes, bins, 3, 3))
    for k in range(bins):
        rotations[:, k] = orientation @ half[:, k]
        orientation = rotations[:, k] @ half[:, k]
    vectors = motion.reshape(strokes, bins, 2, 3) @ rotations.transpose(0, 1, 3, 2)
    # From rest to rest the accelerations cancel: their mean is gravity.
    gravity = vectors[:, :, 0].mean(axis=1)
    size = np.linalg.norm(gravity, axis=1)
    frame = _frame_with_z(gravity / np.maximum(size, 1e-9)[:, None])
    return UprightMotion(
        acceleration=(vectors[:, :, 0] - gravity[:, None]) @ frame.transpose(0, 2, 1),
        angular_velocity=vectors[:, :, 1] @ frame.transpose(0, 2, 1),
        rotations=frame[:, None] @ rotations,
        gravity=size,
    )


def _frame_with_z(up: Array) -> Array:
    """Rotations (n, 3, 3) to a frame in which `up` (n, 3) is the z axis."""
    most_horizontal = np.eye(3)[np.argmin(np.abs(up), axis=1)]
    ahead = np.cross(up, most_horizontal)
    ahead /= np.maximum(np.linalg.norm(ahead, axis=1, keepdims=True), 1e-9)
    return np.stack([np.cross(ahead, up), ahead, up], axis=1)


def _rotation_matrices(rotation_vectors: Array) -> Array:
    """Rotation matrices of rotation vectors (Rodrigues)."""
    angle = np.linalg.norm(rotation_vectors, axis=-1)[..., None, None]
    x, y, z = np.moveaxis(rotation_vectors, -1, 0)
    none = np.zeros_like(x)
    cross = np.stack([none, -z, y, z, none, -x, -y, x, none], axis=-1).reshape(*x.shape, 3, 3)
    half_sinc = np.sinc(angle / (2 * np.pi))
    return np.eye(3) + np.sinc(angle / np.pi) * cross + 0.5 * half_sinc**2 * (cross @ cross)
