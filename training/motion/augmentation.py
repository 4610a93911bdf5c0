"""Variations of a stroke's tensor that leave it the same digit: what new people will bring."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from edge.features.motion.pose import MOVED, MOVING, TURNED, TURNING

TURN_VIEW = np.zeros(8, np.float32)
TURN_VIEW[TURNED] = TURN_VIEW[TURNING] = 1.0
ONE_VIEW = 0.07  # how often only one of the two drawings is there to look at


def augment(x: tf.Tensor) -> tf.Tensor:
    """A batch (b, points, 8), varied."""
    x = _retimed(x)
    batch = tf.shape(x)[0]
    tilt, slant = (tf.random.normal([batch], 0.0, 0.12) for _ in range(2))
    trajectories = [
        _redrawn(x[..., view], tilt, slant, drift=0.15 if view in (TURNED, MOVED) else 0.0)
        for view in (TURNED, MOVED, TURNING, MOVING)
    ]
    x = tf.concat(trajectories, axis=2)
    luck = tf.random.uniform([batch, 1, 1])
    x = tf.where(luck < ONE_VIEW, x * TURN_VIEW, x)
    x = tf.where(luck > 1 - ONE_VIEW, x * (1 - TURN_VIEW), x)
    return x + tf.random.normal(tf.shape(x), 0.0, 0.05)


def _retimed(x: tf.Tensor) -> tf.Tensor:
    """Begin and end elsewhere, hurry here and linger there."""
    batch, points = tf.shape(x)[0], x.shape[1]
    start = tf.random.uniform([batch, 1], -0.04, 0.08)
    end = 1 - tf.random.uniform([batch, 1], -0.04, 0.08)
    bend = tf.random.normal([batch, 2], 0.0, 0.06)
    u = tf.linspace(0.0, 1.0, points)[None]
    u += bend[:, :1] * tf.sin(np.pi * u) + bend[:, 1:] * tf.sin(2 * np.pi * u) / 2
    at = tf.clip_by_value((start + (end - start) * u) * (points - 1), 0.0, points - 1.001)
    before = tf.cast(tf.floor(at), tf.int32)
    share = (at - tf.floor(at))[..., None]
    return (
        tf.gather(x, before, batch_dims=1) * (1 - share)
        + tf.gather(x, before + 1, batch_dims=1) * share
    )


def _redrawn(path: tf.Tensor, tilt: tf.Tensor, slant: tf.Tensor, drift: float) -> tf.Tensor:
    """Tilt, slant, widen; let a position drift; and bring it back to unit size."""
    batch, points = tf.shape(path)[0], path.shape[1]
    tilt += tf.random.normal([batch], 0.0, 0.06)
    slant += tf.random.normal([batch], 0.0, 0.08)
    width = tf.exp(tf.random.normal([batch], 0.0, 0.15))
    cos, sin = tf.cos(tilt), tf.sin(tilt)
    rows = [tf.stack([cos * width, slant - sin], 1), tf.stack([sin * width, cos], 1)]
    path = tf.einsum("bij,bnj->bni", tf.stack(rows, axis=1), path)
    if drift:
        ramp = tf.linspace(-1.0, 1.0, points)[None, :, None]
        path += tf.random.normal([batch, 1, 2], 0.0, drift) * ramp
        path -= tf.reduce_mean(path, axis=1, keepdims=True)
    size = tf.sqrt(tf.reduce_mean(tf.reduce_sum(path**2, axis=2), axis=1) + 1e-9)
    return path / size[:, None, None]
