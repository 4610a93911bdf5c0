"""One event for each window: a detection or a rejection."""

from __future__ import annotations

import numpy as np
import pytest

from edge.decision.single import SingleDecision, SingleSettings
from edge.events import Detection, Rejection
from edge.features import Window

LABELS = ["1", "3", "none"]
TRAJECTORY = np.zeros((2, 2), np.float32)
WINDOW = Window(t=2.0, decided_t=2.25, tensor=np.zeros(3, np.float32), trajectory=TRAJECTORY)


def event_of(scores: list[float], threshold: float = 0.6) -> Detection | Rejection:
    settings = {"kind": "single", "threshold": threshold, "none_label": "none"}
    decision = SingleDecision(LABELS, SingleSettings.from_manifest(LABELS, settings))
    (event,) = decision.process(WINDOW, np.array(scores, np.float32))
    return event


def test_a_label_above_the_threshold_is_detected():
    event = event_of([0.125, 0.75, 0.125])
    assert isinstance(event, Detection)
    assert (event.label, event.score, event.t, event.latency_ms) == ("3", 0.75, 2.0, 250.0)
    assert event.scores == {"1": 0.125, "3": 0.75, "none": 0.125}
    assert event.trajectory is TRAJECTORY


def test_a_score_equal_to_the_threshold_is_enough():
    assert isinstance(event_of([0.25, 0.75, 0.0], threshold=0.75), Detection)


def test_the_best_label_is_detected_when_two_are_similarly_probable():
    event = event_of([0.45, 0.5, 0.05], threshold=0.9)
    assert isinstance(event, Detection) and event.label == "3"


def test_a_label_below_the_threshold_is_rejected_and_named():
    event = event_of([0.125, 0.5, 0.375], threshold=0.75)
    assert isinstance(event, Rejection)
    assert (event.reason, event.t) == ("unsure: 3 or none, 0.62 for any", 2.0)
    assert set(event.scores) == set(LABELS) and event.trajectory is TRAJECTORY


def test_the_none_label_is_rejected_even_with_a_high_score():
    event = event_of([0.01, 0.01, 0.98])
    assert isinstance(event, Rejection) and event.reason == "none"


def test_a_task_without_a_none_label_detects_its_best_label():
    decision = SingleDecision(
        ["1", "3"], SingleSettings.from_manifest(["1", "3"], {"threshold": 0.5})
    )
    (event,) = decision.process(WINDOW, np.array([0.25, 0.75], np.float32))
    assert isinstance(event, Detection)


def test_a_wrong_number_of_scores_is_an_error():
    with pytest.raises(ValueError, match="zip"):
        event_of([0.5, 0.5])
