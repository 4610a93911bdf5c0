"""Scoring a whole recording: a word is likelier there than in a moment of a stream."""

from __future__ import annotations

import numpy as np
import pytest

from edge.decision.single import SingleSettings
from edge.decision.spotting import SpottingSettings
from edge.decision.word_prior import AVERAGED_WINDOWS, ClipScorer

LABELS = ["yes", "no", "silence", "unknown"]
SPOTTING = {
    "background_labels": ["silence", "unknown"],
    "thresholds": {"yes": 0.8, "no": 0.8},
    "smoothing_s": 0.2,
    "refractory_s": 0.5,
    "release_ratio": 0.7,
}
NOISE = [0.1, 0.0, 0.2, 0.7]


def scorer(**changes: object) -> ClipScorer:
    values = {**SPOTTING, "word_prior": 3.0, **changes}
    return ClipScorer(LABELS, SpottingSettings.from_manifest(LABELS, values))


def scores(*rows: list[float]) -> np.ndarray:
    return np.array(rows, np.float32)


def test_the_prior_weights_words_in_a_recording_of_one_window() -> None:
    found = scorer().score_recording(scores([0.2, 0.1, 0.3, 0.4]))
    assert found == pytest.approx(np.array([0.6, 0.3, 0.3, 0.4]) / 1.6)
    assert found.dtype == np.float32


def test_a_certain_background_label_stays_certain() -> None:
    assert scorer().score_recording(scores([0, 0, 0, 1])).tolist() == [0, 0, 0, 1]


def test_without_a_prior_the_scores_are_unchanged() -> None:
    row = scores([0.2, 0.1, 0.3, 0.39])  # int8 scores do not sum to one
    values = {key: value for key, value in SPOTTING.items() if key != "word_prior"}
    found = ClipScorer(LABELS, SpottingSettings.from_manifest(LABELS, values)).score_recording(row)
    assert found.tolist() == row[0].tolist()


def test_the_none_label_of_a_single_decision_is_not_a_word() -> None:
    values = {"threshold": 0.5, "word_prior": 3.0, "none_label": "none"}
    labels = ["3", "none"]
    found = ClipScorer(labels, SingleSettings.from_manifest(labels, values)).score_recording(
        scores([0.5, 0.5])
    )
    assert found == pytest.approx([0.75, 0.25])


def test_the_order_among_words_and_among_background_labels_stays() -> None:
    for row in np.random.default_rng(1).dirichlet(np.ones(4), 200).astype(np.float32):
        found = scorer().score_recording(row[None])
        assert found.sum() == pytest.approx(1)
        assert (found[0] < found[1]) == (row[0] < row[1])
        assert (found[2] < found[3]) == (row[2] < row[3])


def test_the_stretch_in_which_a_word_scores_highest_counts() -> None:
    word = [[0.9, 0.0, 0.0, 0.1]] * AVERAGED_WINDOWS
    rows = scores(*[NOISE] * 20, *word, *[NOISE] * 20)
    assert scorer().score_recording(rows) == pytest.approx([0.9, 0, 0, 0.1])


def test_a_stretch_is_nine_windows() -> None:
    """0.36 s at a window every 40 ms: a shorter or longer mean changes the score of a clip."""
    rows = scores(*[[0.0, 0.0, 0.0, 1.0]] * 20, *[[1.0, 0.0, 0.0, 0.0]] * 6, [0.0, 0.0, 0.0, 1.0])
    assert scorer().score_recording(rows)[0] == pytest.approx(6 / 9)


def test_one_window_with_a_high_score_is_not_enough() -> None:
    rows = scores(*[NOISE] * 20, [0.0, 1.0, 0.0, 0.0], *[NOISE] * 20)
    assert LABELS[scorer().score_recording(rows).argmax()] == "unknown"


def test_fewer_windows_than_a_stretch_are_averaged_together() -> None:
    rows = scores([0.9, 0, 0, 0.1], [0, 0, 0, 1], [0, 0, 0.3, 0.7])
    assert scorer().score_recording(rows) == pytest.approx([0.3, 0, 0.1, 0.6])


def test_the_best_stretch_is_not_weighted() -> None:
    row = scores([0.2, 0.1, 0.3, 0.4])
    assert scorer().best_stretch(row).tolist() == row[0].tolist()


@pytest.mark.parametrize("prior", [0, 0.5, -1, 1e39, float("nan"), "three", None])
def test_an_impossible_prior_is_refused(prior: object) -> None:
    with pytest.raises((TypeError, ValueError)):
        scorer(word_prior=prior)


def test_labels_without_a_word_are_refused() -> None:
    with pytest.raises(ValueError, match="every label is a background label"):
        scorer(background_labels=LABELS, thresholds={})
