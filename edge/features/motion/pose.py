"""Pose removed: from how a sensor was turned and pushed to what the hand drew.

How the sensor is held, mounted or pointed must not matter, so nothing here looks at its own axes.
Gravity gives up. The gyroscope, integrated, carries every reading into one frame. What is left to
find is the lateral axis: the horizontal line that the plane of writing contains. The hand tilts
about it and moves along it, so it is where both vary most. Its sign follows from how limbs work:
a hand that moves up tilts up, a hand that moves right turns right.

Two drawings of the same stroke come out: where the hand pointed (turned right, tilted up; clean,
but only as large as the wrist takes part) and where it was (moved right, moved up; from the
accelerometer, which drifts). Each also as speed. All of it works on a batch of strokes at once.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

TURNED, MOVED, TURNING, MOVING = slice(0, 2), slice(2, 4), slice(4, 6), slice(6, 8)
CHANNELS = 8
"""Columns of `drawings`: right and up of each of the four, in this order."""


def bins(t: Array, values: Array, count: int) -> Array:
    """Means over `count` equal spans of time: whatever the rate, integrals stay what they were."""
    steps = np.diff(t)[:, None]
    area = np.concatenate(
        [np.zeros((1, values.shape[1])), np.cumsum((values[1:] + values[:-1]) / 2 * steps, axis=0)]
    )
    edges = np.linspace(t[0], t[-1], count + 1)
    at_edges = np.stack([np.interp(edges, t, column) for column in area.T], axis=1)
    return np.diff(at_edges, axis=0) * (count / (t[-1] - t[0]))


def trajectories(motion: Array, duration: Array) -> Array:
    """(strokes, bins, 6) accel and gyro, and seconds per stroke, to (strokes, bins, CHANNELS)."""
    step = (duration / motion.shape[1])[:, None, None]
    spin, push = _upright(motion, step)
    turned = _centred(np.cumsum(spin, axis=1) * step)
    moving = _from_rest_to_rest(np.cumsum(_without_lean(push), axis=1) * step)
    moved = _centred(np.cumsum(moving, axis=1) * step)

    # The lateral axis is where turning and moving vary most.
    spread = _spread(turned) + _spread(moving)
    lateral = np.linalg.eigh(spread)[1][:, None, :, 1]

    def picture_of(vector: Array, *, rotation: bool) -> Array:
        along = (vector[..., :2] * lateral).sum(axis=2)
        return np.stack([-vector[..., 2], along] if rotation else [along, vector[..., 2]], axis=2)

    turned, turning = (picture_of(x, rotation=True) for x in (turned, spin))
    moved, moving, pushed = (picture_of(x, rotation=False) for x in (moved, moving, push))
    jerked = np.gradient(turning, axis=1)
    agreement = sum(
        (_unit(a) * _unit(b)).sum(axis=(1, 2))
        for a, b in ((turned, moved), (turning, moving), (jerked, pushed))
    )
    # The other sign of the lateral axis flips the tilt of one and the right of the other.
    sign = np.where(agreement < 0, -1.0, 1.0)[:, None]
    for turn in (turned, turning):
        turn[..., 1] *= sign
    for move in (moved, moving):
        move[..., 0] *= sign
    return np.concatenate([_unit(x) for x in (turned, moved, turning, moving)], axis=2)


def _upright(motion: Array, step: Array) -> tuple[Array, Array]:
    """Turn rate and acceleration without gravity, in a frame that stays put and has z up."""
    half = _rotation(motion[..., 3:] * step / 2)
    turned = np.broadcast_to(np.eye(3), (len(motion), 3, 3))
    in_frame = np.empty_like(motion)
    vectors = motion.reshape(*motion.shape[:2], 2, 3)
    for k in range(motion.shape[1]):
        middle = turned @ half[:, k]
        in_frame[:, k] = (vectors[:, k] @ middle.transpose(0, 2, 1)).reshape(-1, 6)
        turned = middle @ half[:, k]
    # From rest to rest the accelerations cancel: what remains on average is gravity.
    gravity = in_frame[:, :, :3].mean(axis=1)
    up = gravity / np.maximum(np.linalg.norm(gravity, axis=1, keepdims=True), 1e-9)
    steepest = np.eye(3)[np.argmin(np.abs(up), axis=1)]
    ahead = np.cross(up, steepest)
    ahead /= np.linalg.norm(ahead, axis=1, keepdims=True)
    frame = np.stack([np.cross(ahead, up), ahead, up], axis=1).transpose(0, 2, 1)
    return in_frame[..., 3:] @ frame, (in_frame[..., :3] - gravity[:, None]) @ frame


def _rotation(turn: Array) -> Array:
    """Rotation matrices of rotation vectors (Rodrigues)."""
    angle = np.linalg.norm(turn, axis=-1)[..., None, None]
    x, y, z = np.moveaxis(turn, -1, 0)
    none = np.zeros_like(x)
    cross = np.stack([none, -z, y, z, none, -x, -y, x, none], axis=-1).reshape(*x.shape, 3, 3)
    half_sinc = np.sinc(angle / (2 * np.pi))
    return np.eye(3) + np.sinc(angle / np.pi) * cross + 0.5 * half_sinc**2 * (cross @ cross)


def _without_lean(push: Array) -> Array:
    """Take out the straight ramp by which gravity leaks into level motion as tilt errors grow.

    This also takes out how far apart start and end are, which the turned drawing still tells.
    """
    ramp = np.linspace(-1, 1, push.shape[1])[None, :, None]
    slope = (push[..., :2] * ramp).sum(axis=1, keepdims=True) / (ramp**2).sum()
    return np.concatenate([push[..., :2] - slope * ramp, push[..., 2:]], axis=2)


def _from_rest_to_rest(moving: Array) -> Array:
    """A hand that stands still at the end has no speed left: what is left is drift."""
    share = (np.arange(moving.shape[1]) + 1.0) / moving.shape[1]
    return moving - moving[:, -1:] * share[None, :, None]


def _centred(path: Array) -> Array:
    return path - path.mean(axis=1, keepdims=True)


def _spread(path: Array) -> Array:
    """Covariance in the horizontal plane, relative to the whole size of the path."""
    level = path[..., :2]
    size = (path**2).sum(axis=(1, 2))[:, None, None] + 1e-9
    return np.einsum("bni,bnj->bij", level, level) / size


def _unit(path: Array) -> Array:
    """Scaled to a root mean square of one point's distance from the origin."""
    size = np.sqrt((path**2).sum(axis=2).mean(axis=1) + 1e-9)
    return path / size[:, None, None]
