"""The scores of a stroke as the mean of those of its views."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from edge.decision.sign import LEAST_SCORE
from edge.features.motion.views import views

Score = Callable[[NDArray[np.float32]], NDArray[np.floating]]
"""From (n, points, channels) network inputs to (n, labels) scores."""


def view_scores(
    score: Score,
    tensors: NDArray[np.float32],
    trust: NDArray[np.floating],
    weights: Sequence[float],
) -> NDArray[np.float64]:
    """(n, labels) the weighted geometric mean of the scores of the views; their sum is 1.

    A label must be probable in every view, and what two views contradict is no digit.
    """
    log_mean = sum(
        weight * np.log(np.maximum(score(view), LEAST_SCORE))
        for weight, view in zip(weights, views(tensors, trust), strict=True)
        if weight > 0
    ) / sum(weights)
    mean: NDArray[np.float64] = np.exp(log_mean)
    return mean / mean.sum(axis=1, keepdims=True)


def scores_under_both_signs(
    score: Score,
    tensors: NDArray[np.float32],
    others: NDArray[np.float32],
    trust: NDArray[np.floating],
    weights: Sequence[float],
) -> NDArray[np.float64]:
    """(n, 2, labels) the scores of the views under the first sign, and under the other."""
    signs = (tensors, others)
    return np.stack([view_scores(score, one, trust, weights) for one in signs], axis=1)
