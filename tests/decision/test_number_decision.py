"""Joining digits into numbers: a pause ends a number, even if it has no windows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.decision import Decision, Event
from edge.decision.number import MAX_DIGITS, MAX_WAIT, PAUSE, NumberDecision
from edge.decision.spotting import SpottingDecision, SpottingSettings
from edge.events import Detection, Number, Rejection, Retraction
from edge.features import Window

HOP = 0.04
LABELS = [*"0123456789", "none"]
SETTINGS = {
    "background_labels": ["none"],
    "smoothing_s": 0.12,
    "refractory_s": 0.4,
    "release_ratio": 0.5,
    "thresholds": dict.fromkeys("0123456789", 0.8),
}
TENSOR = np.zeros((1, 1), np.float32)


def window(t: float) -> Window:
    return Window(t, t, TENSOR)


class BestLabelDecision(Decision):
    """Detects the label with the highest score in each window, and rejects "none"."""

    def __init__(self, labels: Sequence[str] = LABELS) -> None:
        self.labels = labels

    def process(self, window: Window, scores: np.ndarray) -> Iterator[Event]:
        label = self.labels[int(scores.argmax())]
        if label == "none":
            yield Rejection("none", window.t, {})
        else:
            yield Detection(label, 1.0, window.t - 0.1, 100.0, {})


def events_of(
    *digits: tuple[float, str], until: float | None = None, end: bool = True
) -> list[Event]:
    """The events of digits at these times, then of time until `until`, then of the stream's end."""
    decision = NumberDecision(BestLabelDecision())
    events: list[Event] = []
    for t, digit in digits:
        events += decision.process(window(t), scores(digit))
    if until is not None:
        events += decision.pass_time(until)
    return events + list(decision.finish() if end else [])


def scores(label: str, score: float = 1.0) -> np.ndarray:
    row = np.zeros(len(LABELS), np.float32)
    row[LABELS.index(label)] = score
    return row


def numbers(events: list[Event]) -> list[str]:
    return [event.digits for event in events if isinstance(event, Number)]


def test_the_number_follows_its_digits():
    events = events_of((1.0, "4"), (1.6, "2"), until=3.0, end=False)
    assert [type(event) for event in events] == [Detection, Detection, Number]
    assert [event.label for event in events[:2]] == ["4", "2"]
    number = events[2]
    assert isinstance(number, Number)
    assert (number.digits, number.t) == ("42", 1.5)
    assert number.latency_ms == pytest.approx(100 + PAUSE * 1000)


def test_a_number_is_complete_when_the_pause_is_over_and_not_before():
    assert numbers(events_of((1.0, "4"), (1.6, "2"), until=1.6 + PAUSE - 0.01, end=False)) == []
    assert numbers(events_of((1.0, "4"), (1.6, "2"), until=1.6 + PAUSE, end=False)) == ["42"]


def test_leading_zeros_are_kept():
    assert numbers(events_of((1, "0"), (1.8, "0"), (2.6, "7"), until=5)) == ["007"]


def test_one_digit_is_a_number():
    assert numbers(events_of((1, "7"), until=5)) == ["7"]


def test_the_end_of_the_stream_ends_the_number():
    *_, number = events_of((1.0, "4"), until=1.5)
    assert isinstance(number, Number)
    assert (number.digits, number.latency_ms) == ("4", pytest.approx(600))


def test_a_number_comes_before_the_first_digit_of_the_next_number():
    events = events_of((1.0, "4"), (5.0, "2"))
    assert [type(event) for event in events] == [Detection, Number, Detection, Number]
    assert numbers(events) == ["4", "2"]
    first = events[1]
    assert isinstance(first, Number) and first.latency_ms == pytest.approx(100 + PAUSE * 1000)


def test_a_sound_that_begins_during_the_pause_extends_it():
    decision = NumberDecision(BestLabelDecision())
    events = [*decision.process(window(1.0), scores("4"))]
    for t in np.arange(1.8, 2.4, HOP):  # it begins before the pause is over and ends after it
        events += decision.process(replace(window(float(t)), active=True), scores("none"))
    events += decision.process(window(2.4), scores("2"))
    assert numbers([*events, *decision.pass_time(2.4 + PAUSE)]) == ["42"]


def test_continuous_sound_delays_a_number_by_max_wait_at_most():
    decision = NumberDecision(BestLabelDecision())
    events = [*decision.process(window(1.0), scores("4"))]
    for t in np.arange(1.1, 9.0, HOP):
        events += decision.process(replace(window(float(t)), active=True), scores("none"))
    (number,) = (event for event in events if isinstance(event, Number))
    assert number.t + number.latency_ms / 1000 == pytest.approx(1.0 + MAX_WAIT)


def test_rejections_are_passed_on_and_do_not_delay_the_number():
    events = events_of((1.0, "4"), (1.3, "none"), (1.8, "none"), (2.3, "none"))
    assert [type(event) for event in events[:3]] == [Detection, Rejection, Rejection]
    assert isinstance(events[3], Number) and events[3].digits == "4"


def test_a_word_that_is_not_a_digit_is_not_part_of_a_number():
    decision = NumberDecision(BestLabelDecision([*"012345678", "yes", "none"]))
    events = [*decision.process(window(1), scores("9")), *decision.finish()]
    assert [event.label for event in events if isinstance(event, Detection)] == ["yes"]
    assert numbers(events) == []


def test_a_number_has_a_largest_length():
    events = events_of(*((0.8 * t, "1") for t in range(2 * MAX_DIGITS + 5)))
    assert [len(text) for text in numbers(events)] == [MAX_DIGITS, MAX_DIGITS, 5]


def test_without_digits_there_is_no_number():
    assert events_of(until=100.0) == []


TRACK = st.lists(st.tuples(st.sampled_from(LABELS), st.integers(1, 40), st.booleans()), max_size=30)


@settings(deadline=None)
@given(TRACK, st.lists(st.integers(1, 60), min_size=1, max_size=10))
def test_the_events_do_not_depend_on_the_chunk_size(parts, sizes):
    """A window comes with the chunk that completes it. While the gate is closed none come."""
    steps: list[tuple[str, bool]] = []
    for label, count, gated in parts:
        steps += [(label, gated and label == "none")] * count

    def run(sizes: list[int]) -> list[Event]:
        decision = NumberDecision(
            SpottingDecision(LABELS, SpottingSettings.from_manifest(LABELS, SETTINGS))
        )
        events: list[Event] = []
        start = turn = 0
        while start < len(steps):
            chunk = range(start, min(start + sizes[turn % len(sizes)], len(steps)))
            for k in chunk:
                label, gated = steps[k]
                if not gated:
                    events += decision.process(window((k + 1) * HOP), scores(label))
            # Chunks end anywhere: this one ends 0.3 steps after the newest window.
            events += decision.pass_time((chunk[-1] + 1.3) * HOP)
            start, turn = chunk[-1] + 1, turn + 1
        return events + list(decision.finish())

    in_one_chunk = run([10**6])
    assert run(sizes) == run([1]) == in_one_chunk
    digits = "".join(event.label for event in in_one_chunk if isinstance(event, Detection))
    assert "".join(numbers(in_one_chunk)) == digits


class ScriptedDecision(Decision):
    """Gives the listed events, one list for each window."""

    def __init__(self, *events: list[Event]) -> None:
        self.events = list(events)

    def process(self, window: Window, scores: np.ndarray) -> Iterator[Event]:
        yield from self.events.pop(0)


def number_of(*events: list[Event]) -> Number:
    decision = NumberDecision(ScriptedDecision(*events))
    for k in range(len(events)):
        list(decision.process(window(0.3 * k), np.zeros(1)))
    (number,) = [event for event in decision.finish() if isinstance(event, Number)]
    return number


def test_the_score_of_a_number_is_that_of_its_least_certain_digit() -> None:
    scores = (0.9, 0.7, 0.8)
    digits = [[Detection(str(k), score, 0.3 * k, 100.0, {})] for k, score in enumerate(scores)]
    assert number_of(*digits).score == 0.7


def test_a_retracted_digit_is_not_in_the_number() -> None:
    one, two, three = (Detection(str(k), 0.9, 0.3 * k, 100.0, {}) for k in (1, 2, 3))
    retraction = Retraction("2", retracted_t=two.t, t=1.0, latency_ms=10.0)
    assert number_of([one], [two], [retraction, three]).label == "13"
