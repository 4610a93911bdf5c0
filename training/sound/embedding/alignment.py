"""Find when the phones of a known word are said: the likeliest path through their probabilities."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from training.sound.speech.phones import NUMBER, SILENCE


def align(
    log_probabilities: NDArray[np.float32], phones: Sequence[int]
) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Return the phone of each step of recordings of one word, (n, steps), and the mean log
    probability of the path.

    `log_probabilities` is (n, steps, phones). There may be silence before and after the word; each
    of its phones lasts a step or more.
    """
    silence = NUMBER[SILENCE]
    states = np.array([silence, *phones, silence])
    emitted = log_probabilities[:, :, states]
    count, steps, width = emitted.shape
    score = np.full((count, width), -np.inf, np.float32)
    score[:, :2] = emitted[:, 0, :2]
    came_from_previous = np.zeros((steps, count, width), bool)
    for step in range(1, steps):
        previous = np.pad(score, ((0, 0), (1, 0)), constant_values=-np.inf)[:, :-1]
        came_from_previous[step] = previous > score
        score = np.maximum(score, previous) + emitted[:, step]
    state = np.where(score[:, -1] >= score[:, -2], width - 1, width - 2)
    best = np.maximum(score[:, -1], score[:, -2])
    path = np.empty((count, steps), np.int64)
    for step in reversed(range(steps)):
        path[:, step] = state
        state = state - came_from_previous[step, np.arange(count), state]
    return states[path].astype(np.int8), best / steps
