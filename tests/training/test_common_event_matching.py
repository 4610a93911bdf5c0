"""Detections and ground truth: hits, misses, false accepts."""

from __future__ import annotations

from dataclasses import dataclass

from edge.simulation.ground_truth import Mark
from training.common.event_matching import in_time, match_events


@dataclass(frozen=True)
class Detected:
    t: float
    label: str


TRUTH = [Mark("yes", 1.0, 1.5), Mark("no", 3.0, 3.5), Mark("yes", 5.0, 5.5)]


def test_a_detection_hits_the_event_of_its_label_until_the_tolerance_ends() -> None:
    detections = [Detected(1.0, "yes"), Detected(4.5, "no"), Detected(6.6, "yes")]
    found = match_events(TRUTH, detections, 1.0)
    assert found.hits == [(TRUTH[0], detections[0]), (TRUTH[1], detections[1])]
    assert found.false_accepts == [detections[2]]
    assert found.misses == [TRUTH[2]]


def test_a_second_detection_of_the_same_event_is_a_false_accept() -> None:
    first, second = Detected(1.2, "yes"), Detected(1.6, "yes")
    found = match_events(TRUTH, [second, first], 1.0)
    assert found.hits == [(TRUTH[0], first)] and found.false_accepts == [second]
    assert found.misses == TRUTH[1:]


def test_overlapping_events_of_a_label_are_hit_one_after_the_other() -> None:
    truth = [Mark("yes", 1.0, 1.5), Mark("yes", 1.6, 2.0)]
    detections = [Detected(1.7, "yes"), Detected(1.8, "yes"), Detected(1.9, "yes")]
    found = match_events(truth, detections, 1.0)
    assert found.hits == list(zip(truth, detections, strict=False))
    assert found.false_accepts == detections[2:] and found.misses == []


def test_detections_of_other_labels_are_false_accepts() -> None:
    detections = [Detected(1.2, "no"), Detected(3.2, "maybe")]
    found = match_events(TRUTH, detections, 1.0)
    assert found.hits == [] and found.false_accepts == detections and found.misses == TRUTH


def test_in_time_ignores_the_label() -> None:
    times = (0.9, 1.0, 2.5, 2.6)
    assert [in_time(TRUTH[0], t, 1.0) for t in times] == [False, True, True, False]
