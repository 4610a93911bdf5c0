"""A recording that somebody asks about: likelier a word than a moment of endless sound."""

from __future__ import annotations

import numpy as np
import pytest

from edge.decision.word_prior import TOGETHER, ClipScorer

LABELS = ["yes", "no", "silence", "unknown"]
SETTINGS = {"asked": 3.0, "silent": ["silence", "unknown"]}
NOISE = [0.1, 0.0, 0.2, 0.7]


def scores(*rows: list[float]) -> np.ndarray:
    return np.array(rows, np.float32)


def test_where_there_is_but_one_place_words_are_likelier() -> None:
    found = ClipScorer(LABELS, SETTINGS).score_recording(scores([0.2, 0.1, 0.3, 0.4]))
    assert found == pytest.approx(np.array([0.6, 0.3, 0.3, 0.4]) / 1.6)
    assert found.dtype == np.float32


def test_what_is_surely_no_word_stays_none() -> None:
    assert ClipScorer(LABELS, SETTINGS).score_recording(scores([0, 0, 0, 1])).tolist() == [
        0,
        0,
        0,
        1,
    ]


def test_a_model_that_says_nothing_of_it_is_taken_at_its_word() -> None:
    row = scores([0.2, 0.1, 0.3, 0.39])  # int8 scores do not sum to one
    assert ClipScorer(LABELS, {}).score_recording(row).tolist() == row[0].tolist()


def test_a_label_that_is_none_is_no_word() -> None:
    found = ClipScorer(["3", "none"], {"asked": 3.0, "none": "none"}).score_recording(
        scores([0.5, 0.5])
    )
    assert found == pytest.approx([0.75, 0.25])


def test_between_words_nothing_changes() -> None:
    asked = ClipScorer(LABELS, SETTINGS)
    for row in np.random.default_rng(1).dirichlet(np.ones(4), 200).astype(np.float32):
        found = asked.score_recording(row[None])
        assert found.sum() == pytest.approx(1)
        assert (found[0] < found[1]) == (row[0] < row[1])
        assert (found[2] < found[3]) == (row[2] < row[3])


def test_of_many_places_that_counts_where_a_word_is_surest_for_a_while() -> None:
    word = [[0.9, 0.0, 0.0, 0.1]] * TOGETHER
    rows = scores(*[NOISE] * 20, *word, *[NOISE] * 20)
    assert ClipScorer(LABELS, SETTINGS).score_recording(rows) == pytest.approx([0.9, 0, 0, 0.1])


def test_a_word_that_is_seen_but_once_is_chance() -> None:
    rows = scores(*[NOISE] * 20, [0.0, 1.0, 0.0, 0.0], *[NOISE] * 20)
    assert LABELS[ClipScorer(LABELS, SETTINGS).score_recording(rows).argmax()] == "unknown"


def test_a_few_places_are_all_taken_together() -> None:
    rows = scores([0.9, 0, 0, 0.1], [0, 0, 0, 1], [0, 0, 0.3, 0.7])
    assert ClipScorer(LABELS, SETTINGS).score_recording(rows) == pytest.approx([0.3, 0, 0.1, 0.6])


def test_live_nobody_asks() -> None:
    row = scores([0.2, 0.1, 0.3, 0.4])
    assert ClipScorer(LABELS, SETTINGS).moment(row).tolist() == row[0].tolist()


@pytest.mark.parametrize("times", [0, 0.5, -1, 1e39, float("nan"), "three", None])
def test_odds_that_cannot_be(times: object) -> None:
    with pytest.raises((TypeError, ValueError)):
        ClipScorer(LABELS, {"asked": times})


def test_labels_of_which_none_is_a_word() -> None:
    with pytest.raises(ValueError, match="not one label is a word"):
        ClipScorer(LABELS, {"silent": LABELS})
