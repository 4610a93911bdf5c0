"""The threshold of live recognition, chosen on simulated people that are in no training set."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from edge.model.model import Model
from training.common.int8_model import device_scores
from training.motion.config import TrainingConfig
from training.motion.simulated_people import IDLE, IDLE_SECONDS
from training.motion.strokes import LABELS, NONE, Strokes

THRESHOLDS = np.arange(0.5, 1.0, 0.01)
HALF_AN_HOUR = 1800.0  # s


def choose_threshold(model: Model, validation: Strokes, config: TrainingConfig) -> float:
    """The threshold for an int8 model."""
    scores = device_scores(model, validation.tensors)
    idle_seconds = config.validation_people * IDLE_SECONDS
    return lowest_threshold(scores, validation, idle_seconds, config.max_false_digits)


def lowest_threshold(
    scores: NDArray[np.float32], validation: Strokes, idle_seconds: float, max_false_digits: float
) -> float:
    """The lowest threshold with at most so many false digits in half an hour.

    `scores` are those of the int8 model for the validation set, `idle_seconds` is how long all of
    its people together did anything but draw.
    """
    idle = (validation.label == NONE) & (validation.order == IDLE)
    digit_scores = 1 - scores[idle, LABELS.index(NONE)]
    for threshold in THRESHOLDS:
        false_digits = (digit_scores >= threshold).sum() * HALF_AN_HOUR / idle_seconds
        if false_digits <= max_false_digits:
            break
    return float(threshold)
