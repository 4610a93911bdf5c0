"""95 % confidence intervals of shares and of counts."""

from __future__ import annotations

from math import exp, sqrt

import numpy as np

NORMAL_95 = 1.959964  # the 97.5 % quantile of the normal distribution
TAIL = 0.025  # probability on either side of the interval


def wilson_interval(successes: int, trials: int) -> tuple[float, float]:
    """Interval (Wilson) of the probability that gave `successes` in `trials`."""
    if not trials:
        return 0.0, 1.0
    share, z2 = successes / trials, NORMAL_95**2
    centre = (share + z2 / (2 * trials)) / (1 + z2 / trials)
    half = NORMAL_95 / (1 + z2 / trials) * sqrt(share * (1 - share) / trials + z2 / (4 * trials**2))
    return max(0.0, centre - half), min(1.0, centre + half)


def poisson_interval(count: int) -> tuple[float, float]:
    """Exact interval of the expected number of events, where `count` were observed."""
    lower = _mean_with(count - 1, 1 - TAIL) if count else 0.0
    return lower, _mean_with(count, TAIL)


def _mean_with(count: int, probability: float) -> float:
    """The Poisson mean for which `count` events or fewer have that probability."""
    low, high = 0.0, 2.0 * count + 20.0
    for _ in range(60):
        mean = (low + high) / 2
        low, high = (mean, high) if _cumulative(count, mean) > probability else (low, mean)
    return (low + high) / 2


def _cumulative(count: int, mean: float) -> float:
    """The probability of `count` or fewer; logarithms, so that a large mean does not underflow."""
    if mean <= 0:
        return 1.0
    k = np.arange(count + 1)
    log_factorial = np.cumsum(np.log(np.maximum(k, 1)))
    terms = k * np.log(mean) - mean - log_factorial
    largest = float(terms.max())
    return exp(largest) * float(np.exp(terms - largest).sum())
