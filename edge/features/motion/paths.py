"""Operations on paths: arrays (n, bins, axes) of positions, angles or velocities."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

WIDEST, NARROWEST = 0.7, 0.5  # width to height of a path that keeps its proportions
WIDE_POWER, NARROW_POWER = 0.35, 0.6  # of the ratio beyond these limits


def integral(values: Array, step: Array) -> Array:
    """The integral over time, without a constant: its mean is zero."""
    return centred(np.cumsum(values, axis=1) * step)


def velocity_between_rests(acceleration: Array, step: Array) -> Array:
    """Velocity of a hand that rests before and after the stroke.

    While the error of the tilt grows, gravity leaks into the horizontal axes as a linear trend,
    which is removed. The distance between start and end is removed with it; the angle still has it.
    """
    ramp = np.linspace(-1, 1, acceleration.shape[1])[None, :, None]
    slope = (acceleration[..., :2] * ramp).sum(axis=1, keepdims=True) / (ramp**2).sum()
    horizontal = acceleration[..., :2] - slope * ramp
    velocity = np.cumsum(np.concatenate([horizontal, acceleration[..., 2:]], axis=2), axis=1) * step
    # A hand that rests at the end has no velocity: what remains is drift.
    share = (np.arange(velocity.shape[1]) + 1.0) / velocity.shape[1]
    return velocity - velocity[:, -1:] * share[None, :, None]


def centred(path: Array) -> Array:
    return path - path.mean(axis=1, keepdims=True)


def horizontal_covariance(path: Array) -> Array:
    """Covariance in the horizontal plane, relative to the size of the path in all three axes."""
    horizontal = path[..., :2]
    size = (path**2).sum(axis=(1, 2))[:, None, None] + 1e-9
    return np.einsum("bni,bnj->bij", horizontal, horizontal) / size


def correlation(a: Array, b: Array) -> Array:
    """(n, axes) what each axis contributes to the correlation of two paths."""
    size = np.sqrt((a**2).sum(axis=(1, 2)) * (b**2).sum(axis=(1, 2)) + 1e-12)
    return (a * b).sum(axis=1) / size[:, None]


def normalised(path: Array, velocity: Array) -> tuple[Array, Array]:
    """Both scaled to unit size, after the proportions of the path were compressed.

    A forearm that lies on a table turns far to the sides and little up and down, and a slanted
    plane makes figures narrow: very wide and very narrow paths are brought nearer to each other.
    """
    width, height = np.moveaxis(path.std(axis=1), 1, 0)
    ratio = (width + 1e-6) / (height + 1e-6)
    wide = WIDEST * (ratio / WIDEST) ** WIDE_POWER
    narrow = NARROWEST * (ratio / NARROWEST) ** NARROW_POWER
    wanted = np.where(ratio > WIDEST, wide, np.where(ratio < NARROWEST, narrow, ratio))
    scale = np.stack([wanted / ratio, np.ones_like(ratio)], axis=1)[:, None]
    return unit_size(path * scale), unit_size(velocity * scale)


def unit_size(path: Array) -> Array:
    """Scaled so that the root mean square distance of its points from the origin is one."""
    size = np.sqrt((path**2).sum(axis=2).mean(axis=1) + 1e-12)
    return path / size[:, None, None]
