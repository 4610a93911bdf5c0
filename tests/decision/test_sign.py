"""Scores under both signs of the lateral axis, and the memory of the right one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.decision.sign import MEMORY_ODDS, SignMemory, agreement_odds, combine

LABELS = ["2", "5", "none", "upside down"]
UPSIDE_DOWN = 3
RIGHT = np.array([0.6, 0.0, 0.8])


def combined(first: list[float], other: list[float], odds: float = 0.0):
    return combine(np.array([[first, other]]), np.array([odds]), UPSIDE_DOWN)


def test_a_digit_under_one_sign_and_upside_down_under_the_other_is_that_digit():
    found = combined([0.05, 0.0, 0.05, 0.9], [0.0, 0.9, 0.05, 0.05])
    assert LABELS[found.scores[0].argmax()] == "5"
    assert found.first_sign[0] < 0.05


def test_a_digit_under_both_signs_follows_what_was_known_before():
    scores = ([0.5, 0.0, 0.0, 0.5], [0.0, 0.5, 0.0, 0.5])
    assert LABELS[combined(*scores, odds=2).scores[0].argmax()] == "2"
    assert LABELS[combined(*scores, odds=-2).scores[0].argmax()] == "5"


def test_the_evidence_does_not_depend_on_what_was_known_before():
    scores = ([0.6, 0.1, 0.2, 0.1], [0.1, 0.3, 0.2, 0.4])
    assert combined(*scores, odds=3).evidence == combined(*scores, odds=-3).evidence


def test_none_under_both_signs_is_none():
    found = combined([0.02, 0.02, 0.94, 0.02], [0.02, 0.02, 0.94, 0.02])
    assert LABELS[found.scores[0].argmax()] == "none"


def test_agreement_supports_the_first_sign_up_to_a_limit():
    assert agreement_odds(np.array([0.0, 1.0, 3.0])).tolist() == [0.0, 1.4, 3.5]


@settings(max_examples=50, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), odds=st.floats(-20, 20))
def test_probabilities_sum_to_one_and_signs_are_symmetric(seed, odds):
    scores = np.random.default_rng(seed).dirichlet(np.full(4, 0.3), (5, 2))
    known = np.full(5, odds)
    found = combine(scores, known, UPSIDE_DOWN)
    mirrored = combine(scores[:, ::-1], -known, UPSIDE_DOWN)
    np.testing.assert_allclose(found.scores.sum(axis=1), 1)
    np.testing.assert_allclose(found.scores, mirrored.scores)
    np.testing.assert_allclose(found.first_sign, 1 - mirrored.first_sign, atol=1e-12)
    assert (found.scores[:, UPSIDE_DOWN] == 0).all()


def test_memory_knows_the_sign_after_three_sure_strokes():
    memory = SignMemory()
    assert memory.odds(RIGHT) == 0
    for _ in range(3):
        memory.learn(RIGHT, 6.0)
    assert memory.odds(RIGHT) == pytest.approx(MEMORY_ODDS, abs=0.1)
    assert memory.odds(-RIGHT) == -memory.odds(RIGHT)


def test_memory_learns_from_a_stroke_whose_other_sign_was_right():
    memory = SignMemory()
    memory.learn(RIGHT, -6.0)
    assert memory.odds(RIGHT) < -1


def test_memory_learns_nothing_from_a_stroke_with_an_uncertain_sign():
    memory = SignMemory()
    memory.learn(RIGHT, 0.5)
    assert memory.odds(RIGHT) == 0


def test_memory_changes_when_the_sensor_is_mounted_another_way():
    memory = SignMemory()
    for _ in range(5):
        memory.learn(RIGHT, 6.0)
    for _ in range(8):
        memory.learn(-RIGHT, 6.0)
    assert memory.odds(RIGHT) < 0


def test_the_evidence_is_the_log_ratio_of_what_explains_both_signs():
    found = combined([0.6, 0.0, 0.0, 0.4], [0.2, 0.0, 0.0, 0.8])
    floor = 0.004
    first, other = (0.6 + 2 * floor) * 0.8, (0.2 + 2 * floor) * 0.4
    assert found.evidence[0] == pytest.approx(np.log(first / other))


def test_memory_grows_and_fades_with_each_stroke():
    memory, weight = SignMemory(), np.tanh(2.0)
    memory.learn(RIGHT, 4.0)
    assert memory.odds(RIGHT) == pytest.approx(3.0 * 0.4 * weight)
    memory.learn(-RIGHT, 4.0)
    assert memory.odds(RIGHT) == pytest.approx(3.0 * (0.9 - 1) * 0.4 * weight)
