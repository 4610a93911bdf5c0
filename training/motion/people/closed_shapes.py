"""Closed shapes that are no digit, and circles, which are a 0."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def polygon(rng: np.random.Generator) -> Array:
    """A triangle or a quadrangle."""
    count = int(rng.choice([3, 3, 4]))
    angles = 2 * np.pi * (np.arange(count + 1) % count) / count
    angles = angles + rng.choice([np.pi / 2, -np.pi / 2, rng.uniform(0, 6)])
    corners = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    corners[:-1] += rng.normal(0, 0.12, (count, 2))
    corners[-1] = corners[0] + rng.normal(0, 0.06, 2)
    return corners if rng.random() < 0.5 else corners[::-1]


def coil(rng: np.random.Generator) -> Array:
    """More than two turns: a single turn would be a 0."""
    turn = np.linspace(0, 2 * np.pi * rng.uniform(2.2, 4.5), 120) * rng.choice([-1, 1])
    turn += rng.uniform(0, 6)
    drift = np.linspace(0, rng.uniform(0, 1.2), 120)
    radius = 0.4 * np.linspace(1, rng.uniform(0.2, 1.8), 120)
    return np.stack([radius * np.cos(turn) + drift, radius * np.sin(turn)], axis=1)


def star(rng: np.random.Generator) -> Array:
    """A star with five points, drawn without a lift."""
    angles = np.pi / 2 + 4 * np.pi / 5 * np.arange(6) * rng.choice([-1, 1])
    angles += rng.choice([0, rng.uniform(0, 6)])
    return np.stack([np.cos(angles), np.sin(angles)], axis=1) + rng.normal(0, 0.08, (6, 2))


def crossed_circle(rng: np.random.Generator) -> Array:
    """A circle and a line through it, in either order."""
    start = rng.uniform(0, 2 * np.pi)
    u = start + np.linspace(0, 2 * np.pi, 60) * rng.choice([-1, 1])
    ring = 0.5 * np.stack([np.cos(u), np.sin(u)], axis=1)
    bar = np.array([[0.0, 1.0], [0.0, -1.0]]) * rng.uniform(0.8, 1.2)
    bar = bar if rng.random() < 0.6 else bar[::-1]
    bar = bar if rng.random() < 0.7 else bar[:, ::-1]
    return np.concatenate([ring, bar] if rng.random() < 0.6 else [bar, ring])


def heart(rng: np.random.Generator) -> Array:
    """A heart, drawn in either direction."""
    u = np.linspace(0, 2 * np.pi, 80)
    x = 16 * np.sin(u) ** 3
    y = 13 * np.cos(u) - 5 * np.cos(2 * u) - 2 * np.cos(3 * u) - np.cos(4 * u)
    line = np.stack([x, y], axis=1) / 28
    line = line if rng.random() < 0.5 else line * [-1, 1]
    return np.roll(line, 40, axis=0) if rng.random() < 0.3 else line


def circle(rng: np.random.Generator) -> Array:
    """A 0 as people draw circles: started anywhere, in either direction."""
    turn = np.radians(rng.uniform(325, 480)) * rng.choice([-1, 1])
    start = rng.choice([np.pi / 2, rng.uniform(0, 2 * np.pi)])
    u = start + np.linspace(0, turn, 80)
    drift = np.linspace(-1, 1, 80)[:, None] * rng.normal(0, 0.06, 2)
    width = np.exp(rng.normal(-0.1, 0.25))
    return np.asarray(0.5 * np.stack([width * np.cos(u), np.sin(u)], axis=1) + drift)
