"""Lines as different people draw them, and the time at which each point of a line is reached.

All functions work on a batch of lines (strokes, POINTS, 2) of height one.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from edge.simulation.motion.hand import smooth

Array = NDArray[np.float64]

POINTS = 100  # of a line
DEFORMATION = 0.04 / 1.4  # amplitude of each wave of a deformation
WAVES = 4
SLANT, TILT = 0.14, 0.1  # standard deviations: right for each unit up, and radians
WIDTH = 0.22  # of the logarithm of the width
CURVATURE_EXPONENT = (0.2, 0.5)  # of the power law by which curvature slows a hand: 1/3 on average
UNEVENNESS = 1.2  # of the logarithm of the speed, before it is smoothed
EDGE = 0.2  # of the height: so long is the line along which the speed rises from zero
MOST_OWN_PACE = 0.8  # share of the pen's own pace; a pen can jump, and a hand in the air cannot


def resample(line: Array, time: Array) -> tuple[Array, Array]:
    """POINTS points evenly along a line (n, 2), and the time at each."""
    step = np.linalg.norm(np.diff(line, axis=0), axis=1) + 1e-6
    distance = np.concatenate([[0.0], np.cumsum(step)])
    at = np.linspace(0, distance[-1], POINTS)
    points = np.stack([np.interp(at, distance, column) for column in line.T], axis=1)
    return points, np.interp(at, distance, time)


def deform(rng: np.random.Generator, lines: Array) -> Array:
    """Bent, slanted, turned and stretched: no two people draw the same curve."""
    count = len(lines)
    wave = rng.normal(0, 3.5, (count, 2, WAVES))
    phase = rng.uniform(0, 2 * np.pi, (count, 1, WAVES))
    amplitude = rng.normal(0, DEFORMATION, (count, WAVES, 2))
    lines = lines + np.sin(lines @ wave + phase) @ amplitude
    slant, tilt = rng.normal(0, SLANT, count), rng.normal(0, TILT, count)
    width = np.exp(rng.normal(0, WIDTH, count))
    cos, sin = np.cos(tilt), np.sin(tilt)
    matrix = np.stack([cos * width, cos * slant - sin, sin * width, sin * slant + cos], axis=1)
    return np.asarray(lines @ matrix.reshape(-1, 2, 2).transpose(0, 2, 1))


def pace(rng: np.random.Generator, lines: Array, own: Array) -> Array:
    """(strokes, POINTS) times from 0 to 1: a mixture of a hand's speed and of the pen's `own`."""
    count = len(lines)
    share = rng.uniform(0, MOST_OWN_PACE, (count, 1))
    mixed = share * smooth_rows(own, 2.0) + (1 - share) * _hand_speed(rng, lines)
    mixed = np.maximum.accumulate(mixed, axis=1) + np.linspace(0, 1e-3, POINTS)
    return _from_zero_to_one(mixed)


def smooth_rows(values: Array, sigma: float) -> Array:
    """Gaussian filter along the second axis; `sigma` in samples."""
    return smooth(values.swapaxes(0, 1), sigma).swapaxes(0, 1)


def length(lines: Array) -> Array:
    """The length of each line."""
    return np.asarray(np.linalg.norm(np.diff(lines, axis=1), axis=2).sum(axis=1))


def _hand_speed(rng: np.random.Generator, lines: Array) -> Array:
    """Times at which a hand reaches the points: slow in curves, from rest to rest."""
    count = len(lines)
    right, up = np.moveaxis(np.gradient(lines, axis=1), 2, 0)
    heading = np.unwrap(np.arctan2(up, right), axis=1)
    spacing = length(lines)[:, None] / (POINTS - 1) + 1e-9
    curvature = np.abs(np.gradient(smooth_rows(heading, 2.0), axis=1)) / spacing
    speed = (1 + curvature / 4.0) ** -rng.uniform(*CURVATURE_EXPONENT, (count, 1))
    speed *= np.exp(smooth_rows(rng.normal(0, UNEVENNESS, (count, POINTS)), 12.0))
    distance_to_end = np.minimum(np.arange(POINTS), np.arange(POINTS)[::-1]) * spacing
    speed *= np.sqrt(np.clip((distance_to_end + 0.01) / EDGE, 0.0, 1.0))
    return _from_zero_to_one(np.cumsum(spacing / speed, axis=1))


def _from_zero_to_one(times: Array) -> Array:
    first, last = times[:, :1], times[:, -1:]
    return np.asarray((times - first) / (last - first))
