"""Random variations of a stroke that leave it the same digit, as different people would draw it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import tensorflow as tf

from edge.features.motion.pose import ANGLE, ANGULAR_VELOCITY, POSITION, VELOCITY

ROTATION_CHANNELS = np.zeros(8, np.float32)
ROTATION_CHANNELS[ANGLE] = ROTATION_CHANNELS[ANGULAR_VELOCITY] = 1.0


@dataclass(frozen=True)
class Augmentation:
    """How large the variations are: standard deviations, unless stated otherwise.

    Lengths are relative to the size of a trajectory, times to the duration of the stroke.
    """

    cut: tuple[float, float] = (-0.04, 0.08)
    """Least and most that is cut off at each end; a negative value adds rest."""
    tempo: float = 0.06
    """How much earlier or later than at an even pace the hand is."""
    tilt: float = 0.12
    """Radians by which all trajectories are turned."""
    slant: float = 0.12
    """How far to the right, for each unit up, all trajectories lean."""
    own_tilt: float = 0.06
    """Further tilt of each trajectory on its own ..."""
    own_slant: float = 0.08
    """... and slant."""
    width: float = 0.15
    """Of the logarithm of the width of each trajectory."""
    drift: float = 0.15
    """How far a position or angle drifts from the middle of the stroke to its ends."""
    noise: float = 0.05
    """Of every value."""
    rotation_only: float = 0.07
    """Probability that only the trajectories from the gyroscope are present; the same again for
    those from the accelerometer."""


def augment(x: tf.Tensor, settings: Augmentation) -> tf.Tensor:
    """Vary a batch of model inputs (batch, points, 8)."""
    x = _vary_time(x, settings)
    batch = tf.shape(x)[0]
    tilt = tf.random.normal([batch], 0.0, settings.tilt)
    slant = tf.random.normal([batch], 0.0, settings.slant)
    trajectories = []
    for channels in (ANGLE, POSITION, ANGULAR_VELOCITY, VELOCITY):
        drift = settings.drift if channels in (ANGLE, POSITION) else 0.0
        trajectories.append(_vary_shape(x[..., channels], tilt, slant, drift, settings))
    x = tf.concat(trajectories, axis=2)
    chance = tf.random.uniform([batch, 1, 1])
    x = tf.where(chance < settings.rotation_only, x * ROTATION_CHANNELS, x)
    x = tf.where(chance > 1 - settings.rotation_only, x * (1 - ROTATION_CHANNELS), x)
    return x + tf.random.normal(tf.shape(x), 0.0, settings.noise)


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
    path: tf.Tensor, tilt: tf.Tensor, slant: tf.Tensor, drift: float, settings: Augmentation
) -> tf.Tensor:
    """Tilt, slant and widen a trajectory (batch, points, 2), let it drift, and scale it back to
    unit size."""
    batch, points = tf.shape(path)[0], path.shape[1]
    tilt += tf.random.normal([batch], 0.0, settings.own_tilt)
    slant += tf.random.normal([batch], 0.0, settings.own_slant)
    width = tf.exp(tf.random.normal([batch], 0.0, settings.width))
    cos, sin = tf.cos(tilt), tf.sin(tilt)
    rows = [tf.stack([cos * width, slant - sin], 1), tf.stack([sin * width, cos], 1)]
    path = tf.einsum("bij,bnj->bni", tf.stack(rows, axis=1), path)
    if drift:
        ramp = tf.linspace(-1.0, 1.0, points)[None, :, None]
        path += tf.random.normal([batch, 1, 2], 0.0, drift) * ramp
        path -= tf.reduce_mean(path, axis=1, keepdims=True)
    size = tf.sqrt(tf.reduce_mean(tf.reduce_sum(path**2, axis=2), axis=1) + 1e-9)
    return path / size[:, None, None]
