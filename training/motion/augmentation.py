"""Random variations of a stroke that leave it the same figure: other people would draw it so."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import tensorflow as tf

from edge.features.motion.pose import ANGLE, ANGULAR_VELOCITY, CHANNELS, POSITION, VELOCITY

ANGLE_CHANNELS = np.zeros(CHANNELS, np.float32)
ANGLE_CHANNELS[ANGLE] = ANGLE_CHANNELS[ANGULAR_VELOCITY] = 1.0


@dataclass(frozen=True)
class Augmentation:
    """How large the variations are: standard deviations, unless stated otherwise.

    Lengths are relative to the size of a trajectory, times to the duration of the stroke.
    """

    cut: tuple[float, float] = (-0.03, 0.05)
    """Least and most that is cut off at each end; a negative value adds rest."""
    tempo: float = 0.04
    """How much earlier or later than at an even pace the hand is."""
    tilt: float = 0.07
    """Radians by which all trajectories are turned."""
    slant: float = 0.07
    """How far to the right, for each unit up, all trajectories lean."""
    width: float = 0.14
    """Of the logarithm of the width of angle, and of position."""
    own_tilt: float = 0.04
    """Further tilt of each trajectory on its own ..."""
    own_slant: float = 0.05
    """... slant ..."""
    own_width: float = 0.06
    """... and width."""
    drift: float = 0.08
    """How far a position or angle drifts from the middle of the stroke to its ends."""
    trust: tuple[float, float] = (0.85, 1.15)
    """Least and most factor of the trust in a trajectory."""
    noise: float = 0.03
    """Of every value."""
    angle_only: float = 0.15
    """Probability that only the angle is present, at full size, if it shows the figure."""
    position_only: float = 0.1
    """Probability that only the position is."""
    upside_down: float = 0.25
    """Probability that a digit is shown under the other sign ..."""
    none_upside_down: float = 0.35
    """... and that another figure is."""


def augment(
    x: tf.Tensor, trust: tf.Tensor, readable: tf.Tensor, settings: Augmentation
) -> tf.Tensor:
    """Vary a batch of trajectories (batch, points, 8) and scale them by their trust (batch, 2).

    A trajectory is shown without the other one only where it is `readable` (batch, 2).
    """
    channels = (ANGLE, POSITION, ANGULAR_VELOCITY, VELOCITY)
    sizes = [_size(x[..., one]) for one in channels]
    x = _vary_time(x, settings)
    batch = tf.shape(x)[0]
    tilt = tf.random.normal([batch], 0.0, settings.tilt)
    slant = tf.random.normal([batch], 0.0, settings.slant)
    widths = [tf.exp(tf.random.normal([batch], 0.0, settings.width)) for _ in range(2)]
    trajectories = []
    for k, one in enumerate(channels):
        drift = settings.drift if one in (ANGLE, POSITION) else 0.0
        shape = _vary_shape(x[..., one], tilt, slant, widths[k % 2], sizes[k], drift, settings)
        trajectories.append(shape)
    x = _show(tf.concat(trajectories, axis=2), trust, readable, settings)
    return x + tf.random.normal(tf.shape(x), 0.0, settings.noise)


def _show(x: tf.Tensor, trust: tf.Tensor, readable: tf.Tensor, settings: Augmentation) -> tf.Tensor:
    """Both trajectories as far as they are trusted, or one of them alone."""
    batch = tf.shape(x)[0]
    scale = trust[:, :1] * ANGLE_CHANNELS + trust[:, 1:] * (1 - ANGLE_CHANNELS)
    scale *= tf.random.uniform([batch, 1], *settings.trust)
    chance = tf.random.uniform([batch, 1])
    angle_only = (chance < settings.angle_only) & readable[:, :1]
    position_only = (chance > 1 - settings.position_only) & readable[:, 1:]
    scale = tf.where(angle_only, ANGLE_CHANNELS, scale)
    scale = tf.where(position_only, 1 - ANGLE_CHANNELS, scale)
    return x * scale[:, None]


def _vary_time(x: tf.Tensor, settings: Augmentation) -> tf.Tensor:
    """Move start and end, and make some parts faster and others slower."""
    batch, points = tf.shape(x)[0], x.shape[1]
    start = tf.random.uniform([batch, 1], *settings.cut)
    end = 1 - tf.random.uniform([batch, 1], *settings.cut)
    bend = tf.random.normal([batch, 2], 0.0, settings.tempo)
    u = tf.linspace(0.0, 1.0, points)[None]
    u += bend[:, :1] * tf.sin(np.pi * u) + bend[:, 1:] * tf.sin(2 * np.pi * u) / 2
    at = tf.clip_by_value((start + (end - start) * u) * (points - 1), 0.0, points - 1.001)
    before = tf.cast(tf.floor(at), tf.int32)
    share = (at - tf.floor(at))[..., None]
    return (
        tf.gather(x, before, batch_dims=1) * (1 - share)
        + tf.gather(x, before + 1, batch_dims=1) * share
    )


def _vary_shape(
    path: tf.Tensor,
    tilt: tf.Tensor,
    slant: tf.Tensor,
    width: tf.Tensor,
    size: tf.Tensor,
    drift: float,
    settings: Augmentation,
) -> tf.Tensor:
    """Tilt, slant and widen a trajectory (batch, points, 2), let it drift, and scale it back to
    its size."""
    batch, points = tf.shape(path)[0], path.shape[1]
    tilt += tf.random.normal([batch], 0.0, settings.own_tilt)
    slant += tf.random.normal([batch], 0.0, settings.own_slant)
    width *= tf.exp(tf.random.normal([batch], 0.0, settings.own_width))
    cos, sin = tf.cos(tilt), tf.sin(tilt)
    rows = [tf.stack([cos * width, slant - sin], 1), tf.stack([sin * width, cos], 1)]
    path = tf.einsum("bij,bnj->bni", tf.stack(rows, axis=1), path)
    if drift:
        ramp = tf.linspace(-1.0, 1.0, points)[None, :, None]
        path += size[:, None, None] * tf.random.normal([batch, 1, 2], 0.0, drift) * ramp
        path -= tf.reduce_mean(path, axis=1, keepdims=True)
    return path * (size / _size(path))[:, None, None]


def _size(path: tf.Tensor) -> tf.Tensor:
    """(batch,) root mean square distance from the origin."""
    return tf.sqrt(tf.reduce_mean(tf.reduce_sum(path**2, axis=2), axis=1) + 1e-9)
