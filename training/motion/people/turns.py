"""Twists and flicks: turns of the wrist that draw nothing."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from edge.features.motion.span import Span
from edge.simulation.motion.hand import STEP, minimum_jerk
from training.motion.people.drawing import gate_spans
from training.motion.people.pace import smooth_rows
from training.motion.people.sensors import (
    ideal_signals,
    random_mountings,
    read_signal,
    rotations,
)

Array = NDArray[np.float64]

PEOPLE = 64  # in a group
SECONDS = 4.0
FIRST, LAST = 0.5, 3.3  # s: when the first turn begins, and the last has ended
TWISTS = 0.6  # share of turns about the limb; the others bend the wrist
ANGLE, DURATION = (0.4, 2.2), (0.15, 0.7)  # rad and s of one turn
COUNTS = (1, 2, 2, 3, 4, 6)  # turns, there and back again
SWAY_SIGMA, SWAY_TURN, SWAY_PLACE = 60, 0.3, 0.1  # samples, rad and m before smoothing
LEVER = 0.08  # m from the axis to the sensor
HANG = 0.25  # s


def turn_strokes(seed: int) -> Iterator[Span]:
    """The strokes that the motion gate finds in the turns of one group of people."""
    rng = np.random.default_rng(seed)
    steps = int(SECONDS / STEP)
    turn, marks = np.zeros((PEOPLE, steps, 3)), np.zeros((PEOPLE, 2))
    for k in range(PEOPLE):
        turn[k], marks[k] = _turns(rng, np.arange(steps, dtype=np.float64) * STEP)
    turn += _sway(rng, steps) * SWAY_TURN
    turned = _raised(rng)[:, None] @ rotations(turn)
    place = np.einsum("ntij,nj->nti", turned, rng.normal(0, LEVER, (PEOPLE, 3)))
    place += _sway(rng, steps) * SWAY_PLACE
    signals = ideal_signals(place, turned, random_mountings(rng, PEOPLE))
    for signal, mark in zip(signals, marks, strict=True):
        yield from gate_spans(*read_signal(rng, signal, mark), HANG)


def _turns(rng: np.random.Generator, clock: Array) -> tuple[Array, tuple[float, float]]:
    """(steps, 3) rotation vectors of one person, and when the turns begin and end."""
    twist = rng.random() < TWISTS
    axis = np.array([0.0, 1.0, 0.0] if twist else [1.0, 0.0, rng.normal(0, 0.7)])
    axis = axis + rng.normal(0, 0.2, 3)
    axis /= np.linalg.norm(axis)
    angle = rng.uniform(*ANGLE) * rng.choice([-1, 1])
    seconds = rng.uniform(*DURATION)
    now = FIRST
    angles = np.zeros(len(clock))
    for n in range(int(rng.choice(COUNTS))):
        way = 1 if n % 2 == 0 else -1
        angles += way * angle * minimum_jerk(np.clip((clock - now) / seconds, 0, 1))
        now += seconds * rng.uniform(0.8, 1.2)
        if now + seconds > LAST:
            break
    return angles[:, None] * axis, (FIRST, now)


def _sway(rng: np.random.Generator, steps: int) -> Array:
    """(PEOPLE, steps, 3) smooth noise."""
    # The ends are cut off, because the filter repeats the first and the last value.
    noise = rng.normal(0, 1, (PEOPLE, steps + 6 * SWAY_SIGMA, 3))
    return smooth_rows(noise, SWAY_SIGMA)[:, 3 * SWAY_SIGMA : -3 * SWAY_SIGMA]


def _raised(rng: np.random.Generator) -> Array:
    """(PEOPLE, 3, 3) rotations of limbs that point ahead, up, or between."""
    rise = rng.uniform(-0.5, 1.6, PEOPLE)
    zero = np.zeros(PEOPLE)
    return rotations(np.stack([rise, zero, zero], axis=1))
