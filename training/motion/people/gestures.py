"""Open lines that are no digit: swipes, wedges, zigzags, waves, arcs, horns, arrows."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def swipe(rng: np.random.Generator) -> Array:
    """A straight line in any direction but down, which would be a 1."""
    angle = np.radians(rng.choice([0, 180, 90, rng.uniform(-30, 210)]) + rng.normal(0, 8))
    u = np.linspace(0, 1, 40)
    bow = rng.normal(0, 0.12) * np.sin(np.pi * u)
    return rotated(np.stack([u, bow], axis=1), angle)


def back_and_forth(rng: np.random.Generator) -> Array:
    """To one side and back, once or several times, as in waving."""
    count = int(rng.integers(2, 7))
    ends = np.stack([np.arange(count + 1) % 2, rng.normal(0, 0.06, count + 1)], axis=1)
    angle = np.radians(rng.choice([0, 180]) + rng.normal(0, 15))
    if count > 2 and rng.random() < 0.3:
        angle += np.pi / 2
    return rotated(ends.astype(float), angle)


def wedge(rng: np.random.Generator) -> Array:
    """Two straight lines: a V, a roof, a check mark; neither a 7 nor a 1 with an upstroke."""
    while True:
        opening = np.radians(rng.uniform(20, 115))
        first, second = rng.uniform(0.6, 1.2, 2)
        a = first * np.array([np.cos(opening / 2), np.sin(opening / 2)])
        b = second * np.array([np.cos(opening / 2), -np.sin(opening / 2)])
        # Half of them in the usual orientations: open to the right, left, top or bottom.
        angle = rng.uniform(0, 360) if rng.random() < 0.5 else 90 * rng.integers(4)
        line = rotated(np.stack([a, [0.0, 0.0], b]), np.radians(angle + rng.normal(0, 8)))
        line = line if rng.random() < 0.5 else line[::-1]
        one, two = _direction(line[0], line[1]), _direction(line[1], line[2])
        is_seven = -45 < one < 50 and -150 < two < -50
        is_one = 20 < one < 100 and -120 < two < -60
        if not is_seven and not is_one:
            return line


def zigzag(rng: np.random.Generator) -> Array:
    """W, M and longer; upright N and Z come from the letters."""
    count = int(rng.integers(5, 9))
    line = np.stack([np.linspace(0, rng.uniform(0.7, 1.8), count), np.arange(count) % 2], axis=1)
    line[:, 1] = line[:, 1] if rng.random() < 0.5 else 1 - line[:, 1]
    line = line + rng.normal(0, 0.06, line.shape)
    line = line if rng.random() < 0.8 else line[:, ::-1]
    return line if rng.random() < 0.8 else line[::-1]


def wave(rng: np.random.Generator) -> Array:
    """A sine of one to three and a half periods."""
    u = np.linspace(0, 1, 80)
    periods = rng.uniform(1.0, 3.5)
    height = rng.uniform(0.15, 0.5)
    up = height * np.sin(2 * np.pi * periods * u)
    line = np.stack([u * rng.uniform(1.0, 1.6), up], axis=1)
    line[:, 1] *= rng.choice([-1, 1])
    line = line if rng.random() < 0.8 else line[::-1]
    return rotated(line, np.radians(rng.normal(0, 10)))


def arc(rng: np.random.Generator) -> Array:
    """A bow, such as a U or a hook; less than a whole turn."""
    turn = np.radians(rng.uniform(100, 250))
    u = np.linspace(0, turn, 60) * rng.choice([-1, 1]) + rng.uniform(0, 2 * np.pi)
    return np.stack([np.cos(u), np.sin(u) * rng.uniform(0.7, 1.4)], axis=1)


def horns(rng: np.random.Generator) -> Array:
    """Two bows side by side."""
    u = np.linspace(0, np.pi, 40)
    one = np.stack([-np.cos(u), rng.uniform(0.6, 1.8) * np.sin(u)], axis=1)
    line = np.concatenate([one, one + [2.0, rng.normal(0, 0.1)]]) * rng.choice([-1, 1])
    return line if rng.random() < 0.6 else line * [1, -1]


def arrow(rng: np.random.Generator) -> Array:
    """A shaft, then the two lines of its head."""
    line = np.array([[0, 0], [1, 0], [0.65, 0.3], [1, 0], [0.65, -0.3]])
    return rotated(line * [1, rng.choice([-1, 1])], np.radians(90 * rng.integers(4)))


def doodle(rng: np.random.Generator) -> Array:
    """Lines between random points; with only four points some would be a 7 or a 0."""
    return np.asarray(rng.uniform(0, 1, (int(rng.integers(7, 13)), 2)) * [0.8, 1.0])


def rotated(line: Array, angle: float) -> Array:
    """A line (n, 2), rotated anticlockwise by radians."""
    cos, sin = np.cos(angle), np.sin(angle)
    return line @ np.array([[cos, sin], [-sin, cos]])


def _direction(a: Array, b: Array) -> float:
    """The direction from a to b in degrees: 0 is right, 90 is up."""
    right, up = b - a
    return float(np.degrees(np.arctan2(up, right)))
