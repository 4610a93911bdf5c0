"""The scores of a stroke as the mean of those of its views."""

from __future__ import annotations

import numpy as np
import pytest

from edge.decision.views import view_scores
from edge.features.motion.pose import IS_ANGLE

TENSORS = np.ones((1, 64, 8), np.float32)
TRUST = np.full((1, 2), 0.5)


def score(tensors: np.ndarray) -> np.ndarray:
    """Both trajectories are unclear, the angle alone is a clear 1, the position alone a clear 2."""
    angle, position = tensors[0, 0, IS_ANGLE].any(), tensors[0, 0, ~IS_ANGLE].any()
    if angle and position:
        return np.array([[0.5, 0.5, 0.0]])
    return np.array([[0.9, 0.1, 0.0] if angle else [0.1, 0.9, 0.0]])


def mean(*weights: float) -> list[float]:
    return view_scores(score, TENSORS, TRUST, weights)[0].tolist()


def test_a_view_without_weight_is_not_scored():
    assert mean(1, 0, 0) == pytest.approx([0.5, 0.5, 0.0], abs=0.01)
    assert mean(0, 1, 0) == pytest.approx([0.9, 0.1, 0.0], abs=0.01)
    assert mean(0, 0, 3) == pytest.approx([0.1, 0.9, 0.0], abs=0.01)


def test_the_mean_follows_the_weights_and_sums_to_one():
    assert mean(1, 1, 1)[:2] == pytest.approx([0.5, 0.5], abs=0.01)
    leaning = mean(1, 2, 1)
    assert 0.5 < leaning[0] < 0.9 and sum(leaning) == pytest.approx(1)


def test_a_label_that_one_view_rules_out_is_improbable():
    def contradicting(tensors: np.ndarray) -> np.ndarray:
        angle = tensors[0, 0, IS_ANGLE].any()
        return np.array([[0.6, 0.0, 0.4] if angle else [0.0, 0.6, 0.4]])

    found = view_scores(contradicting, TENSORS, TRUST, (0, 1, 1))[0]
    assert found.argmax() == 2 and found[2] > 0.7
