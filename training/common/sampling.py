"""Random rows of a data set, each as likely as its weight."""

from __future__ import annotations

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray


class WeightedSampler:
    """Draws row numbers with replacement; runs inside a TensorFlow graph."""

    def __init__(self, weights: NDArray[np.float64]) -> None:
        self._rows = len(weights)
        self._cumulative = tf.constant(np.cumsum(weights / weights.sum()), tf.float32)

    def __call__(self, count: int) -> tf.Tensor:
        """(count,) row numbers."""
        rows = tf.searchsorted(self._cumulative, tf.random.uniform([count]))
        # Rounding can leave the last sum below the largest random number.
        return tf.minimum(rows, self._rows - 1)
