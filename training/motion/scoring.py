"""Scores of strokes whatever the sign of their lateral axis, as the device computes them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from edge.decision.sign import agreement_odds, combine
from edge.decision.views import Score, scores_under_both_signs
from edge.features.motion.inputs import stroke_inputs
from edge.features.motion.pose import flipped
from training.motion.strokes import LABELS, MODEL_LABELS, UPSIDE_DOWN, Strokes

# Of both trajectories, the angle alone and the position alone. Chosen on writers and simulated
# people who are in no training set, and on recordings of a person who was held out.
VIEW_WEIGHTS = (3.0, 1.0, 1.0)
ONE_VIEW = (1.0, 0.0, 0.0)


def stroke_scores(
    score: Score, strokes: Strokes, view_weights: Sequence[float] = VIEW_WEIGHTS
) -> NDArray[np.float64]:
    """(n, LABELS) the probability of each label."""
    if not len(strokes):
        return np.zeros((0, len(LABELS)))
    inputs = stroke_inputs(strokes.motion, strokes.duration, strokes.clipped)
    tensors = inputs.tensors
    by_sign = scores_under_both_signs(score, tensors, flipped(tensors), inputs.trust, view_weights)
    upside_down = MODEL_LABELS.index(UPSIDE_DOWN)
    found = combine(by_sign, agreement_odds(inputs.agreement), upside_down)
    return found.scores[:, : len(LABELS)]
