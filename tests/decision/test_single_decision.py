"""A verdict for each window."""

from __future__ import annotations

import numpy as np
import pytest

from edge.decision.single import SingleDecision, SingleSettings
from edge.events import Detection, Rejection
from edge.features import Window

LABELS = ["1", "3", "none"]
PICTURE = np.zeros((2, 2), np.float32)
WINDOW = Window(t=2.0, decided_t=2.25, tensor=np.zeros(3, np.float32), trajectory=PICTURE)


def verdict(scores: list[float], threshold: float = 0.6) -> Detection | Rejection:
    settings = {"kind": "single", "threshold": threshold, "none_label": "none"}
    decision = SingleDecision(LABELS, SingleSettings.from_manifest(LABELS, settings))
    (event,) = decision.process(WINDOW, np.array(scores, np.float32))
    return event


def test_a_sure_label_is_detected():
    event = verdict([0.125, 0.75, 0.125])
    assert isinstance(event, Detection)
    assert (event.label, event.score, event.t, event.latency_ms) == ("3", 0.75, 2.0, 250.0)
    assert event.scores == {"1": 0.125, "3": 0.75, "none": 0.125}
    assert event.trajectory is PICTURE


def test_the_threshold_itself_is_enough():
    assert isinstance(verdict([0.25, 0.75, 0.0], threshold=0.75), Detection)


def test_doubt_between_labels_is_settled_for_the_best():
    event = verdict([0.45, 0.5, 0.05], threshold=0.9)
    assert isinstance(event, Detection) and event.label == "3"


def test_an_unsure_label_is_rejected_and_named():
    event = verdict([0.125, 0.5, 0.375], threshold=0.75)
    assert isinstance(event, Rejection)
    assert (event.reason, event.t) == ("unsure: 3 or none, 0.62 for any", 2.0)
    assert set(event.scores) == set(LABELS) and event.trajectory is PICTURE


def test_none_is_rejected_however_sure():
    event = verdict([0.01, 0.01, 0.98])
    assert isinstance(event, Rejection) and event.reason == "none"


def test_a_task_without_a_none_label():
    decision = SingleDecision(
        ["1", "3"], SingleSettings.from_manifest(["1", "3"], {"threshold": 0.5})
    )
    (event,) = decision.process(WINDOW, np.array([0.25, 0.75], np.float32))
    assert isinstance(event, Detection)


def test_scores_that_do_not_fit_the_labels_are_a_bug_that_shows():
    with pytest.raises(ValueError, match="zip"):
        verdict([0.5, 0.5])
