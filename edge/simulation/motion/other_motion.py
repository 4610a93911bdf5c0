"""What hands do when they draw no digit: rest, scribble, fidget, walk, handle things.

Each function returns the ideal signal of the person's sensor, as `Person.sense` does.
"""

from __future__ import annotations

import numpy as np

from edge.simulation.motion.arm import Poses
from edge.simulation.motion.hand import STEP, minimum_jerk, smooth
from edge.simulation.motion.imu import Signal
from edge.simulation.motion.person import Person
from edge.simulation.motion.shapes import Line, resample_evenly


def idle(person: Person, seconds: float) -> Signal:
    """The hand rests, and sometimes moves a little."""
    parts = []
    while seconds > 0:
        pause = min(seconds, person.rng.uniform(1.0, 8.0))
        parts.append(person.sense(person.rest(pause)))
        seconds -= pause
        if seconds > 0 and person.rng.random() < 0.5:
            nearby = person.position + person.rng.normal(0, 0.02, 2)
            parts.append(person.sense(person.move_to(nearby)))
    return np.concatenate(parts)


def scribble(person: Person) -> Signal:
    """Lines that are no digit, in the same handwriting: doodles, zigzags, spirals, strokes."""
    rng = person.rng
    shapes = (_doodle, _zigzag, _spiral, _line)
    line = shapes[rng.integers(len(shapes))](rng)
    return person.sense(person.write(resample_evenly(line, 0.01) * np.exp(rng.normal(0, 0.25, 2))))


def fidget(person: Person, seconds: float) -> Signal:
    """The hand turns the sensor over, shakes it, taps with it."""
    rng = person.rng
    count = max(40, int(seconds / STEP))
    sigma = rng.uniform(0.04, 0.25) / STEP  # samples; a small value is a shake
    size = np.repeat([rng.uniform(0.002, 0.03), rng.uniform(0.05, 0.5)], 3)
    offset = smooth(rng.normal(0, 1, (count, 6)), sigma) * np.sqrt(sigma) * 1.9 * size
    return _fade_in_and_out(person, offset)


def walk(person: Person, seconds: float) -> Signal:
    """Each step shakes the body up and down, and the arm swings once in two steps."""
    rng = person.rng
    t = np.arange(0, seconds, STEP)
    cadence = rng.uniform(1.6, 2.2)  # steps a second
    phase = 2 * np.pi * cadence * t + 0.3 * smooth(rng.normal(0, 1, len(t)), 60) * 8
    swing = rng.uniform(0.02, 0.6)  # rad; from a hand that holds something still to a full swing
    step_size = rng.uniform(0.01, 0.03)
    offset = np.zeros((len(t), 6))
    offset[:, 0] = 0.02 * np.sin(phase / 2 + rng.uniform(0, 6))
    offset[:, 1] = 0.6 * swing * np.sin(phase / 2) + 0.01 * np.sin(phase)
    offset[:, 2] = step_size * np.sin(phase) + 0.15 * step_size * np.sin(2 * phase + 1)
    offset[:, 3] = 0.3 * swing * np.sin(phase / 2 + rng.uniform(0, 6))
    offset[:, 4] = swing * np.sin(phase / 2)
    offset[:, 5] = 0.3 * swing * np.sin(phase / 2 + rng.uniform(0, 6))
    return _fade_in_and_out(person, offset)


def put_down_and_pick_up(person: Person) -> Signal:
    """The sensor is turned, put somewhere else, lies there, and is taken back."""
    rng = person.rng
    away = np.concatenate([rng.normal(0, 0.25, 3), rng.normal(0, 0.9, 3)])
    parts = []
    for movement in (minimum_jerk, lambda u: 1 - minimum_jerk(u)):
        u = np.linspace(0, 1, int(rng.uniform(0.5, 1.5) / STEP))
        parts.append(movement(u))
        parts.append(np.full(int(rng.uniform(0.4, 2.5) / STEP), parts[-1][-1]))
    return _at_current_position(person, np.concatenate(parts)[:, None] * away)


def _fade_in_and_out(person: Person, offset: Poses) -> Signal:
    """A movement that starts and ends at the current position."""
    ramp = int(0.4 / STEP)
    u = np.minimum(np.arange(len(offset)), np.arange(len(offset))[::-1]) / ramp
    return _at_current_position(person, offset * minimum_jerk(np.clip(u, 0, 1))[:, None])


def _at_current_position(person: Person, offset: Poses) -> Signal:
    return person.sense_with_offset(np.repeat(person.position[None], len(offset), axis=0), offset)


def _doodle(rng: np.random.Generator) -> Line:
    """A curve through random points; with only four points some would be a 7 or a 0."""
    points = rng.uniform(0, 1, (int(rng.integers(7, 15)), 2)) * [0.8, 1.0]
    return smooth(np.repeat(points, 20, axis=0), 8.0)


def _zigzag(rng: np.random.Generator) -> Line:
    count = int(rng.integers(6, 12))
    points = np.stack([np.linspace(0, 1, count), np.arange(count) % 2 * 0.6], axis=1)
    points = points[:, ::-1] if rng.random() < 0.4 else points
    return points if rng.random() < 0.5 else smooth(np.repeat(points, 20, axis=0), 6.0)


def _spiral(rng: np.random.Generator) -> Line:
    """More than two turns: a single turn would be a 0."""
    turn = np.linspace(0, 2 * np.pi * rng.uniform(2.3, 4.5), 120) * rng.choice([-1, 1])
    drift = np.linspace(0, rng.uniform(0, 1.2), 120)
    radius = 0.4 * np.linspace(1, rng.uniform(0.4, 1.6), 120)
    return np.stack([radius * np.cos(turn) + drift, radius * np.sin(turn)], axis=1)


def _line(rng: np.random.Generator) -> Line:
    """A straight or curved line in any direction but down, which would be a 1."""
    angle = rng.uniform(-np.pi / 5, np.pi * 6 / 5)
    u = np.linspace(0, 1, 40)
    curve = rng.normal(0, 0.15) * np.sin(np.pi * u)
    along = np.array([np.cos(angle), np.sin(angle)])
    return u[:, None] * along + curve[:, None] * along[::-1] * [-1, 1]
