"""The threshold of each digit: budgets for what is no digit, and what they let through."""

from __future__ import annotations

import numpy as np
import pytest

from training.motion.strokes import DIGITS, IDLE, LABELS, NONE
from training.motion.thresholds import (
    LETTERS,
    NOTHING,
    WRITERS,
    Budgets,
    ScoredMovements,
    choose_thresholds,
)


def movements(rows: list[tuple[str, str, str, float]]) -> ScoredMovements:
    """Movements from rows of kind, label, digit with the highest score, and its score."""
    scores = np.zeros((len(rows), len(LABELS)))
    for k, (_, _, digit, score) in enumerate(rows):
        scores[k, int(digit)] = score
        scores[k, -1] = 1 - score
    label, kind = np.array([row[1] for row in rows]), np.array([row[0] for row in rows])
    return ScoredMovements(scores, label, kind, np.ones(len(rows)))


def digits(digit: str, count: int = 20) -> list[tuple[str, str, str, float]]:
    return [(WRITERS, digit, digit, score) for score in np.linspace(0.4, 0.99, count)]


def test_without_other_movements_every_digit_is_accepted():
    chosen = choose_thresholds(movements(digits("3")), Budgets(), 1.0)
    assert chosen.by_digit["3"] == pytest.approx(0.3, abs=0.11)
    assert chosen.validation["digits right"] == 1


def test_a_digit_that_never_occurs_accepts_nothing():
    chosen = choose_thresholds(movements(digits("3")), Budgets(), 1.0)
    assert chosen.by_digit["4"] == NOTHING


def test_letters_keep_to_their_budget_and_only_the_digit_they_resemble_pays():
    letters = [(LETTERS, NONE, "4", score) for score in np.linspace(0.3, 0.9, 40)]
    some = movements([*digits("3"), *digits("4"), *letters])
    chosen = choose_thresholds(some, Budgets(letters=0.05), 1.0)
    assert chosen.validation["letters taken for a digit"] <= 0.05
    assert chosen.by_digit["4"] > 0.85
    assert chosen.by_digit["3"] < 0.45


def test_idling_counts_live_and_not_for_recordings():
    idle = [(IDLE, NONE, "1", score) for score in (0.5, 0.6, 0.7, 0.8)]
    some = movements([*digits("1"), *idle])
    live = choose_thresholds(some, Budgets(idle_per_hour=1), 1.0)
    assert live.validation["false digits per hour"] <= 1
    assert live.by_digit["1"] > 0.7
    assert choose_thresholds(some, Budgets()).by_digit["1"] < 0.45


def test_a_wrong_digit_gains_nothing():
    wrong = [(WRITERS, "7", "1", score) for score in np.linspace(0.4, 0.99, 20)]
    chosen = choose_thresholds(movements(wrong), Budgets(), 1.0)
    assert chosen.by_digit == dict.fromkeys(DIGITS, NOTHING)
