"""Mean and confidence interval over runs with different seeds, and of differences seed by seed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

# The 97.5 % quantile of Student's t for 1, 2, 3 ... degrees of freedom.
STUDENT_T = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179)


@dataclass(frozen=True)
class Mean:
    """The mean of several runs."""

    mean: float
    deviation: float
    """Standard deviation of the runs."""
    half_width: float
    """Half the width of the 95 % confidence interval of the mean, by Student's t."""

    @property
    def significant(self) -> bool:
        """Whether 0 lies outside the confidence interval."""
        return abs(self.mean) > self.half_width


def mean_of(values: Sequence[float]) -> Mean:
    """Return the mean of two or more values."""
    x = np.asarray(values, float)
    if len(x) < 2:
        raise ValueError("one run has no standard deviation: give at least two")
    deviation = float(x.std(ddof=1))
    t = STUDENT_T[min(len(x) - 1, len(STUDENT_T)) - 1]
    return Mean(float(x.mean()), deviation, t * deviation / float(np.sqrt(len(x))))


def paired_difference(first: Mapping[int, float], second: Mapping[int, float]) -> Mean:
    """Return the mean of first - second over the seeds that both have."""
    seeds = sorted(first.keys() & second.keys())
    return mean_of([first[seed] - second[seed] for seed in seeds])
