"""Strokes as a sensor without a gyroscope measures them: acceleration along known axes.

Without a gyroscope the orientation is not known during a stroke, so the user has to tell how the
sensor is mounted: which of its directions points to the right. Up is the mean of the acceleration,
which is mostly gravity. The axes stay those of the sensor, which turns with the hand: a turn of the
hand moves gravity from one axis to another, and the sensor cannot distinguish that from an
acceleration of the hand.

The channels are arranged as those of `edge.features.motion.pose`, so that the same network and the
same augmentation can be used: in place of the angle there is the acceleration to the right and
ahead, which is the tilt of a hand that moves slowly; in place of the angular velocity the
acceleration to the right and up.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from edge.features.motion import paths
from edge.features.motion.inputs import POINTS, StrokeInputs, stroke_inputs
from edge.features.motion.pose import CHANNELS
from training.motion.examples import Examples, recorded_examples, right_sign
from training.motion.likeness import is_known, likeness
from training.motion.strokes import LABELS, Strokes

Array = NDArray[np.float64]

_BATCH = 1024  # strokes computed at a time, to limit memory
MOUNTING_ERROR = 0.15  # rad; nobody holds a sensor in exactly the direction that was given


def acceleration_examples(strokes: Strokes, examples: Examples, seed: int) -> Examples:
    """The examples of simulated people, `strokes`, without their gyroscope."""
    return _in_full(examples, acceleration_inputs(strokes, stroke_mounting(strokes, seed)))


def own_examples(strokes: Strokes, right: Array) -> Examples:
    """Recorded takes of one person without their gyroscope; all labels are shown equally often."""
    examples = recorded_examples(strokes, lambda tensors: np.ones((len(tensors), len(LABELS))))
    return _in_full(examples, acceleration_inputs(strokes, right))


def _in_full(examples: Examples, trajectories: NDArray[np.float32]) -> Examples:
    """Augmentation shows all channels, and never the other sign, because the sign is known."""
    return replace(
        examples,
        trajectories=trajectories,
        trust=np.ones_like(examples.trust),
        signed=np.zeros_like(examples.signed),
        readable=np.zeros_like(examples.readable),
    )


def stroke_mounting(strokes: Strokes, seed: int) -> Array:
    """(n, 3) the direction to the right in the sensor's axes, as a user would give it.

    If it is known what the simulated hand drew, the direction has the sign under which the stroke
    looks like that drawing.
    """
    inputs = _inputs(strokes)
    known = is_known(strokes.drawn)
    other = right_sign(likeness(inputs.trajectories, strokes.drawn), known) == 1
    right = np.where(other[:, None], -inputs.lateral, inputs.lateral)
    error = np.random.default_rng(seed).normal(0, MOUNTING_ERROR, right.shape)
    return _unit(right + error)


def session_mounting(strokes: Strokes) -> tuple[Array, Array]:
    """The mean direction to the right in each recording session, and the length of that mean.

    (n, 3), as the user could have given it, and (n,), 1 if the sensor was always held alike.
    """
    lateral = _inputs(strokes).lateral
    mean = np.zeros_like(lateral)
    for session in np.unique(strokes.session):
        rows = strokes.session == session
        mean[rows] = lateral[rows].mean(axis=0)
    return _unit(mean), np.linalg.norm(mean, axis=1)


def acceleration_inputs(strokes: Strokes, right: Array) -> NDArray[np.float32]:
    """(n, POINTS, CHANNELS) from the acceleration alone; `right` is (n, 3)."""
    parts = np.array_split(np.arange(len(strokes)), len(strokes) // _BATCH + 1)
    return np.concatenate([_of_batch(strokes[rows], right[rows]) for rows in parts])


def _of_batch(strokes: Strokes, right: Array) -> NDArray[np.float32]:
    force = strokes.motion[..., :3].astype(np.float64)
    mean = force.mean(axis=1)
    up = _unit(mean)
    ahead = _unit(np.cross(up, right))
    axes = np.stack([np.cross(ahead, up), ahead, up], axis=1)
    moved = (force - mean[:, None]) @ axes.transpose(0, 2, 1)
    step = (strokes.duration / moved.shape[1])[:, None, None]
    velocity = paths.velocity_between_rests(moved, step)[..., [0, 2]]
    position, velocity = paths.normalised(paths.integral(velocity, step), velocity)
    tilt, acceleration = (paths.unit_size(moved[..., [0, k]]) for k in (1, 2))
    drawn = np.concatenate([tilt, position, acceleration, velocity], axis=2)
    pooled = drawn.reshape(len(drawn), POINTS, -1, CHANNELS).mean(axis=2)
    return pooled.astype(np.float32)


def _inputs(strokes: Strokes) -> StrokeInputs:
    return stroke_inputs(strokes.motion, strokes.duration, strokes.clipped)


def _unit(vectors: Array) -> Array:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
