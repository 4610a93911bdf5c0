"""From lines to paths of a hand in the plane of writing, in metres.

Around the figure the hand rests, or moves without a rest between; it may pause within the figure.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge.simulation.motion.hand import STEP, minimum_jerk
from training.motion.people.pace import POINTS, smooth_rows

Array = NDArray[np.float64]

# Where the sensor is: held like a pencil or a phone, on an upright wand or wrist, on a forearm, or
# on a hand that writes on a desk.
HANDHELD, UPRIGHT, FOREARM, DESK = range(4)
MOUNT_SHARES = (0.5, 0.2, 0.18, 0.12)

HEIGHT, SMALL_HEIGHT = (0.08, 0.8), (0.06, 0.4)  # m, of a figure; small with the wrist
SPEED = (0.9, 4.5)  # heights a second
DURATION = (0.45, 4.5)  # s
PAUSING, PAUSE = 0.1, (0.1, 0.55)  # share of figures with a pause, and s
MOVING = 0.12  # share of figures that begin in motion; the same again end so
APPROACH = 0.4  # s, extra time for a movement that leads into a figure
REST_BEFORE, REST_AFTER = (0.25, 0.6), (0.35, 0.7)  # s
CORNER_SMOOTHING = (0.018, 0.05)  # s, sigma: corners get round
SPARE = 0.9  # s at the end of a batch


@dataclass(frozen=True)
class Manner:
    """How a batch of figures is drawn; one row a figure, times in seconds."""

    mount: NDArray[np.int_]
    height: Array
    duration: Array
    rest_before: Array
    rest_after: Array
    begins_moving: NDArray[np.bool_]
    ends_moving: NDArray[np.bool_]
    pause: Array
    """Rest at one point within the figure; mostly 0."""


def log_uniform(rng: np.random.Generator, low: float, high: float, size: int) -> Array:
    """Random numbers between `low` and `high`, uniform in their logarithm."""
    return np.asarray(np.exp(rng.uniform(np.log(low), np.log(high), size)))


def random_manner(rng: np.random.Generator, lengths: Array) -> Manner:
    """Ways to draw lines of these lengths, in heights."""
    count = len(lengths)
    mount = rng.choice([HANDHELD, UPRIGHT, FOREARM, DESK], count, p=MOUNT_SHARES)
    height = log_uniform(rng, *HEIGHT, count)
    small = (mount == DESK) | (mount == UPRIGHT)
    height[small] = log_uniform(rng, *SMALL_HEIGHT, int(small.sum()))
    duration = np.clip(lengths / log_uniform(rng, *SPEED, count), *DURATION)
    pause = np.where(rng.random(count) < PAUSING, rng.uniform(*PAUSE, count), 0.0)
    return Manner(
        mount,
        height,
        duration,
        rest_before=rng.uniform(*REST_BEFORE, count),
        rest_after=rng.uniform(*REST_AFTER, count),
        begins_moving=rng.random(count) < MOVING,
        ends_moving=rng.random(count) < MOVING,
        pause=pause,
    )


def hand_paths(
    rng: np.random.Generator, lines: Array, times: Array, manner: Manner
) -> tuple[Array, Array]:
    """(figures, steps, 2) metres, STEP apart; and (figures, 2) when each figure begins and ends."""
    count = len(lines)
    total = manner.rest_before + manner.duration + manner.pause + manner.rest_after + SPARE
    clock = np.arange(int(np.ceil(total.max() / STEP)) + 1) * STEP
    paths = np.empty((count, len(clock), 2))
    marks = np.empty((count, 2))
    for k in range(count):
        start = manner.rest_before[k] + (APPROACH if manner.begins_moving[k] else 0.0)
        reached = start + times[k] * manner.duration[k]
        if manner.pause[k]:
            at = rng.integers(POINTS // 4, 3 * POINTS // 4)
            reached = reached + manner.pause[k] * (np.arange(POINTS) >= at)
        end = reached[-1]
        marks[k] = start, end
        points = lines[k] * manner.height[k]
        path = np.stack([np.interp(clock, reached, column) for column in points.T], axis=1)
        if manner.begins_moving[k]:
            path += _further_movement(rng, manner.height[k], start - clock)
        if manner.ends_moving[k]:
            path += _further_movement(rng, manner.height[k], clock - end)
        paths[k] = path
    return smooth_rows(paths, rng.uniform(*CORNER_SMOOTHING) / STEP), marks


def _further_movement(rng: np.random.Generator, height: float, outside: Array) -> Array:
    """A movement away from the figure; `outside`: seconds before its begin, or after its end."""
    distance = rng.normal(0, 0.8, 2) * height
    seconds = rng.uniform(0.25, 0.6)
    overlap = rng.uniform(0.0, 0.12)
    return minimum_jerk(np.clip((outside + overlap) / seconds, 0, 1))[:, None] * distance
