"""Combines the scores of a stroke under both signs of its lateral axis; remembers the right sign.

One stroke cannot tell which sign is right (see `edge.features.motion.pose`). The network says of a
drawing which digit it is, or none, or that it is upside down, which means that the other sign is
the right one. Its scores under both signs, the agreement of angle and position, and the memory of
the strokes before are combined into the probability of each label.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# Chosen on simulated people and writers that are in no training set.
ODDS_PER_AGREEMENT = 1.4  # log odds of the first sign for each unit of agreement ...
MAX_ODDS = 3.5  # ... and at most
LEAST_SCORE = 0.004  # scores are int8: a smaller one is not known to be smaller
MEMORY_ODDS = 3.0  # log odds that a full memory adds
KEPT = 0.9  # of the memory, from stroke to stroke
LEARNED = 0.4  # of a stroke with a sure sign: three fill the memory
LEAST_SURE = 0.5  # a stroke with a less certain sign changes no memory

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Combined:
    """A batch of strokes, whatever the sign."""

    scores: Array
    """(n, labels) the probability of each label; 0 for `upside down`."""
    by_sign: Array
    """(n, 2, labels) the joint probability of sign and label: its sum over both is `scores`."""
    evidence: Array
    """(n,) log odds of the first sign from the scores of the network alone."""

    @property
    def first_sign(self) -> Array:
        """(n,) the probability of the first sign."""
        total: Array = self.by_sign[:, 0].sum(axis=1)
        return total


def agreement_odds(agreement: Array) -> Array:
    """Log odds of the first sign, from the agreement of angle and position."""
    return np.minimum(ODDS_PER_AGREEMENT * agreement, MAX_ODDS)


def combine(scores: NDArray[np.floating], odds: Array, upside_down: int) -> Combined:
    """`scores` is (n, 2, labels) under both signs, `odds` (n,) the log odds of the first sign known
    before, `upside_down` the index of that label.

    A stroke is explained under a sign if it looks like a digit, or like none, under that sign, and
    upside down under the other.
    """
    bounded = np.maximum(np.asarray(scores, np.float64), LEAST_SCORE)
    likelihood = bounded * bounded[:, ::-1, upside_down, None]
    likelihood[..., upside_down] = 0
    of_sign = likelihood.sum(axis=2)
    first = 1 / (1 + np.exp(-odds))
    joint = likelihood * np.stack([first, 1 - first], axis=1)[..., None]
    joint /= joint.sum(axis=(1, 2), keepdims=True)
    return Combined(joint.sum(axis=1), joint, np.log(of_sign[:, 0] / of_sign[:, 1]))


class SignMemory:
    """Remembers the direction to the right in the sensor's own axes, which stays the same as long
    as one person wears or holds the sensor in one way, and writes on one plane."""

    def __init__(self) -> None:
        self._right = np.zeros(3)

    def odds(self, lateral: Array) -> float:
        """Log odds that `lateral` (3,) points to the right."""
        return MEMORY_ODDS * float(np.clip(self._right @ lateral, -1, 1))

    def learn(self, lateral: Array, odds: float) -> None:
        """Take in a stroke with the log odds that `lateral` points to the right, found without
        this memory."""
        weight = float(np.tanh(odds / 2))
        if abs(weight) <= LEAST_SURE:
            return
        right = KEPT * self._right + LEARNED * weight * lateral
        self._right = right / max(1.0, float(np.linalg.norm(right)))
