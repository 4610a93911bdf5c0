"""Scores of strokes whatever the sign of their lateral axis, as the device computes them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from edge.decision.sign import agreement_odds, combine
from edge.features.motion.inputs import stroke_inputs
from edge.features.motion.pose import flipped
from training.motion.strokes import LABELS, MODEL_LABELS, UPSIDE_DOWN, Strokes

Score = Callable[[NDArray[np.float32]], NDArray[np.floating]]
"""From (n, points, channels) network inputs to (n, MODEL_LABELS) scores."""


def stroke_scores(score: Score, strokes: Strokes) -> NDArray[np.float64]:
    """(n, LABELS) the probability of each label."""
    if not len(strokes):
        return np.zeros((0, len(LABELS)))
    inputs = stroke_inputs(strokes.motion, strokes.duration, strokes.clipped)
    tensors = inputs.tensors
    by_sign = np.stack([score(tensors), score(flipped(tensors))], axis=1)
    upside_down = MODEL_LABELS.index(UPSIDE_DOWN)
    found = combine(by_sign, agreement_odds(inputs.agreement), upside_down)
    return found.scores[:, : len(LABELS)]
