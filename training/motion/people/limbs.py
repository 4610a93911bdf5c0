"""From paths of a hand to poses of a sensor on the hand, a wand, a wrist or a forearm.

The hand is displaced by d in a plane that leans from upright (0, a wall) to level (pi / 2, a desk,
where up is away from the body). A limb of length r that points along p turns by p x d / r as its
end moves by d; a part of d is carried by joints nearer the body, which only move. Wrists add turns
of their own.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge.simulation.motion.hand import STEP
from training.motion.people.movement import HANDHELD, Manner, log_uniform
from training.motion.people.pace import smooth_rows
from training.motion.people.sensors import rotations

Array = NDArray[np.float64]

MOST_TURN = 11.0  # rad per metre: a movement of the wrist alone
LAG, AXIS_LAG, LAG_RANGE = (-0.03, 0.05), 0.025, (-0.07, 0.1)  # s, of turns behind the position
FOLLOWING = (0.01, 0.05)  # s, sigma with which turns follow
SPEED_TURN = 0.05  # s: wrists also turn with the speed of the hand
RANGE = (0.5, 5.0)  # heights: a wrist turns less the farther it has turned
BEND = 0.2  # no joint is a gimbal: turns depend on the square of the position, too
COUPLED = 0.6  # share of people with SPEED_TURN, and with BEND
SPHERE = (0.3, 1.0)  # m, radius of the sphere on which the hand moves
LEVER, WAND_SHARE, WAND = 0.03, 0.3, (0.05, 0.3)  # m, from the joint to the sensor


@dataclass(frozen=True)
class _Posture:
    """How each person holds the limb that carries the sensor; one row a person."""

    lean: Array
    """Radians of the plane of writing: 0 upright, pi / 2 level."""
    rise: Array
    """Radians of the limb above level."""
    turn: Array
    """Radians per metre, by which the limb turns."""
    twist: Array
    """Turn about the limb for a movement to the right, relative to `turn`."""
    wrist: Array
    """Turn of a wrist that bends up as the hand goes up, relative to `turn`."""
    carried: Array
    """Share of the movement that the place of the sensor follows."""


def poses(rng: np.random.Generator, path: Array, manner: Manner) -> tuple[Array, Array]:
    """(figures, steps, 3) places in metres (right, forward, up), and (figures, steps, 3, 3)
    orientations."""
    posture = _random_posture(rng, manner)
    turned = rotations(_turn(rng, path, manner, posture) + _wobble(rng, path, 0.015, 3e-4))
    right, up = path[..., 0], path[..., 1]
    cos, sin = np.cos(posture.lean)[:, None], np.sin(posture.lean)[:, None]
    forward = -(right**2 + up**2) / (2 * rng.uniform(*SPHERE, (len(path), 1)))
    place = np.stack([right, up * sin + forward * cos, up * cos - forward * sin], axis=2)
    place = place * posture.carried[:, None, None] + _wobble(rng, path, 0.003, 4e-5)
    lever = _lever(rng, manner, posture)
    return place + np.einsum("ntij,nj->nti", turned, lever), turned


def _random_posture(rng: np.random.Generator, manner: Manner) -> _Posture:
    count = len(manner.mount)

    def by_mount(handheld: Array, upright: Array, forearm: Array, desk: Array) -> Array:
        return np.choose(manner.mount, [handheld, upright, forearm, desk])

    def normal(mean: float, deviation: float) -> Array:
        return rng.normal(mean, deviation, count)

    def uniform(low: float, high: float) -> Array:
        return rng.uniform(low, high, count)

    def often_upright(most: float) -> Array:
        return rng.choice([0.0, 1.0], count, p=[0.6, 0.4]) * uniform(0.0, most)

    zero = np.zeros(count)
    # Small figures come from the wrist, which turns much for each metre.
    turn = np.minimum(log_uniform(rng, 0.55, 3.2, count) / manner.height, MOST_TURN)
    return _Posture(
        lean=by_mount(
            normal(0.0, 0.22),
            often_upright(1.3) + normal(0, 0.15),
            often_upright(1.5) + normal(0, 0.2),
            uniform(0.9, 1.6),
        ),
        rise=by_mount(normal(0.0, 0.4), uniform(0.5, 1.7), normal(0.1, 0.5), normal(-0.2, 0.4)),
        turn=by_mount(turn, turn, np.minimum(turn, log_uniform(rng, 1.5, 4.0, count)), 0.7 * turn),
        twist=by_mount(normal(0, 0.25), uniform(0.1, 1.6), normal(0.2, 0.4), normal(0.1, 0.4)),
        wrist=by_mount(zero, uniform(-0.2, 0.8), zero, uniform(0, 0.8)),
        carried=by_mount(
            uniform(0.85, 1.0), uniform(0.5, 1.0), uniform(0.4, 1.0), uniform(0.6, 1.0)
        ),
    )


def _turn(rng: np.random.Generator, path: Array, manner: Manner, posture: _Posture) -> Array:
    """(figures, steps, 3) rotation vectors: pitch, roll and yaw of the limb."""
    count = len(path)
    right, up = np.moveaxis(_followed(rng, path, manner.height), 2, 0)
    turn_right, turn_up, cross = (
        posture.turn * log_uniform(rng, 0.5, 1.6, count),
        posture.turn * log_uniform(rng, 0.5, 1.6, count),
        posture.turn[:, None] * rng.normal(0, 0.15, (count, 3)),
    )
    cos, sin = np.cos(posture.rise)[:, None], np.sin(posture.rise)[:, None]
    across, about = turn_right[:, None], (posture.twist * posture.turn)[:, None]
    flex = (np.cos(posture.lean + posture.rise) + posture.wrist)[:, None]
    pitch = turn_up[:, None] * flex * up + cross[:, :1] * right
    roll = (across * sin - about * cos) * right + cross[:, 1:2] * up
    yaw = (-across * cos - about * sin) * right + cross[:, 2:] * up
    return np.stack([pitch, roll, yaw], axis=2)


def _followed(rng: np.random.Generator, path: Array, height: Array) -> Array:
    """The path that the turns follow: late, smooth, limited, and not quite linear."""
    count, steps = path.shape[:2]
    lag = np.clip(rng.uniform(*LAG, (count, 1)) + rng.normal(0, AXIS_LAG, (count, 2)), *LAG_RANGE)
    at = np.arange(steps)[None, :, None] - np.rint(lag / STEP).astype(int)[:, None]
    follow = np.take_along_axis(path, np.clip(at, 0, steps - 1), axis=1)
    follow = smooth_rows(follow, rng.uniform(*FOLLOWING) / STEP)
    lead = rng.normal(0, SPEED_TURN, (count, 1, 2)) * (rng.random((count, 1, 1)) < COUPLED)
    follow = follow + lead * np.gradient(follow, STEP, axis=1)
    scale = height[:, None, None]
    most = scale * log_uniform(rng, *RANGE, count * 2).reshape(count, 1, 2)
    follow = most * np.tanh(follow / most)
    a, b = np.moveaxis(follow / scale, 2, 0)
    bend = rng.normal(0, BEND, (count, 2, 3)) * (rng.random((count, 1, 1)) < COUPLED)
    squares = np.stack([a * a, a * b, b * b], axis=2)
    return np.asarray(follow + scale * (squares @ bend.transpose(0, 2, 1)))


def _lever(rng: np.random.Generator, manner: Manner, posture: _Posture) -> Array:
    """(figures, 3) from the joint to the sensor; some people hold a wand."""
    count = len(manner.mount)
    lever = rng.normal(0, LEVER, (count, 3))
    wand = np.where(rng.random(count) < WAND_SHARE, rng.uniform(*WAND, count), 0.0)
    wand[manner.mount != HANDHELD] = 0.0
    along = np.stack([np.zeros(count), np.cos(posture.rise), np.sin(posture.rise)], axis=1)
    return np.asarray(lever + wand[:, None] * along)


def _wobble(rng: np.random.Generator, path: Array, sway: float, tremor: float) -> Array:
    """(figures, steps, 3) slow sway, and tremor at 8 to 12 Hz, with these amplitudes."""
    count, steps = len(path), path.shape[1]
    hertz = np.concatenate([rng.uniform(0.15, 2.0, 4), rng.uniform(8, 12, 2)])
    phase = 2 * np.pi * hertz[:, None] * (rng.uniform(0, 100) + np.arange(steps) * STEP)
    amplitude = np.concatenate([sway / (1 + hertz[:4]), np.full(2, tremor)])
    size = rng.uniform(0.3, 1.2, count)[:, None, None]
    weights: Array = rng.normal(0, 0.7, (2, count, 3, len(hertz)))
    sines, cosines = weights * amplitude
    waves = sines @ np.sin(phase) + cosines @ np.cos(phase)
    return np.asarray(size * waves.transpose(0, 2, 1))
