"""Confusion matrices: rows are the true classes, columns the recognised ones."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.intp]


def confusion_matrix(truth: NDArray[np.intp], recognised: NDArray[np.intp], classes: int) -> Counts:
    """(classes, classes) counts of how often each class was recognised as each other."""
    counts = np.zeros((classes, classes), np.intp)
    np.add.at(counts, (truth, recognised), 1)
    return counts


def most_confused(counts: Counts, true_class: int) -> tuple[int, int] | None:
    """The wrong class that a class is recognised as most often, and how often; None if never."""
    wrong = counts[true_class].copy()
    wrong[true_class] = 0
    return (int(wrong.argmax()), int(wrong.max())) if wrong.any() else None
