"""Runs that were repeated with the same seeds: means, and differences seed by seed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

# The 97.5 % quantile of Student's t for 1, 2, 3 ... degrees of freedom.
STUDENT = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179)


@dataclass(frozen=True)
class Mean:
    mean: float
    deviation: float
    half: float
    """Of the 95 % interval of the mean, by Student's t."""

    @property
    def is_none(self) -> bool:
        """A difference that may as well be none."""
        return abs(self.mean) <= self.half


def mean_of(values: Sequence[float]) -> Mean:
    """Of two values or more."""
    x = np.asarray(values, float)
    if len(x) < 2:
        raise ValueError("one run has no deviation: make two at least")
    deviation = float(x.std(ddof=1))
    student = STUDENT[min(len(x) - 1, len(STUDENT)) - 1]
    return Mean(float(x.mean()), deviation, student * deviation / float(np.sqrt(len(x))))


def difference(first: Mapping[int, float], second: Mapping[int, float]) -> Mean:
    """How much more the first gives than the second, over the seeds that both have."""
    both = sorted(first.keys() & second.keys())
    return mean_of([first[seed] - second[seed] for seed in both])
