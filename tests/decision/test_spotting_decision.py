"""Spotting words in the scores of a stream with a window every 40 ms: one event for each word."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.decision.spotting import SpottingDecision, SpottingSettings
from edge.errors import ModelError
from edge.events import Detection
from edge.features import Window

STEP = 0.04
LABELS = ["yes", "no", "unknown", "silence"]
SETTINGS = {
    "kind": "spotting",
    "background_labels": ["silence", "unknown"],
    "smoothing_s": 0.12,
    "refractory_s": 0.7,
    "release_ratio": 0.5,
    "thresholds": {"yes": 0.8, "no": 0.6},
}
TENSOR = np.zeros((1, 1), np.float32)


Part = tuple[str, float, int]  # a label, its score, and for how many windows
ScoredWindows = list[tuple[float, np.ndarray]]  # time and scores

SILENCE = ("silence", 1, 25)
YES = ("yes", 0.95, 10)
RUNNING_SPEECH = {"label": "unknown", "time_s": 2.0, "share": 0.6, "min_threshold": 0.97}
TALK = ("unknown", 0.9, 150)


def gap(windows: int) -> Part:
    """Time without windows: the level gate is closed, or samples are lost."""
    return "gap", 0, windows


def silence(windows: int) -> Part:
    return "silence", 1, windows


def scores(label: str, score: float) -> np.ndarray:
    """The scores with this label at this score and the rest at silence."""
    row = np.zeros(len(LABELS), np.float32)
    row[LABELS.index(label)] = score
    row[LABELS.index("silence")] += 1 - row.sum()
    return row


def scored_windows(*parts: Part) -> ScoredWindows:
    """The windows of these parts, one after another."""
    rows, step = [], 0
    for label, score, count in parts:
        for _ in range(count):
            step += 1
            if label != "gap":
                rows.append((step * STEP, scores(label, score)))
    return rows


def settings_of(**changes: object) -> SpottingSettings:
    return SpottingSettings.from_manifest(LABELS, {**SETTINGS, **changes})


def spotting(**changes: object) -> SpottingDecision:
    return SpottingDecision(LABELS, settings_of(**changes))


def detections(rows: Iterable[tuple[float, np.ndarray]], **settings: object) -> list[Detection]:
    decision = spotting(**settings)
    return [e for t, row in rows for e in decision.process(Window(t, t, TENSOR), row)]


def detected(*parts: Part, **settings: object) -> list[str]:
    return [event.label for event in detections(scored_windows(*parts), **settings)]


def processed(decision: SpottingDecision, rows: ScoredWindows) -> list[float]:
    """Process these windows, and return the times of those that bring a detection."""
    return [t for t, row in rows if list(decision.process(Window(t, t, TENSOR), row))]


def certain(word: str, after: float, count: int) -> ScoredWindows:
    """Windows after this time in which the word has the score 1."""
    return [(after + step * STEP, scores(word, 1)) for step in range(1, count + 1)]


def test_a_word_whose_score_rises_and_falls_is_detected_once():
    rise_and_fall = [("yes", score, 2) for score in (0.2, 0.5, 0.8, 0.9, 0.97, 0.9, 0.7, 0.4, 0.1)]
    assert detected(SILENCE, *rise_and_fall, SILENCE) == ["yes"]


def test_silence_noise_and_low_scores_give_no_detection():
    parts = silence(200), ("unknown", 1, 200), ("yes", 0.7, 200), ("no", 0.5, 99)
    assert detected(*parts) == []


def test_a_long_word_is_detected_once():
    assert detected(SILENCE, ("yes", 0.95, 100), SILENCE) == ["yes"]


def test_a_word_whose_score_stays_high_is_detected_again_after_the_longest_hold():
    once, twice, thrice = (("yes", 0.95, 3 + count) for count in (25, 35, 55))
    assert detected(SILENCE, once, SILENCE, max_hold_s=1.08) == ["yes"]
    assert detected(SILENCE, twice, SILENCE, max_hold_s=1.08) == ["yes"] * 2
    assert detected(SILENCE, thrice, SILENCE, max_hold_s=1.08) == ["yes"] * 3
    first, second = detections(scored_windows(SILENCE, twice), max_hold_s=1.08)
    assert second.t - first.t == pytest.approx(1.08)
    varying = [("yes", 0.95, 27), ("yes", 0.7, 5), ("yes", 0.95, 5)]
    assert detected(SILENCE, *varying, max_hold_s=1.08) == ["yes"] * 2


@pytest.mark.parametrize("max_hold_s", [0.7, 0, -1, float("nan"), "long"])
def test_an_impossible_longest_hold_is_refused(max_hold_s):
    with pytest.raises(ValueError, match=r"max_hold_s|long"):
        detections([], max_hold_s=max_hold_s)


def test_a_word_that_is_said_three_times_is_detected_three_times():
    assert detected(YES, silence(15), YES, silence(15), YES) == ["yes"] * 3


def test_one_low_window_between_two_words_is_enough_to_detect_both():
    assert detected(("yes", 0.95, 20), ("yes", 0.3, 1), ("yes", 0.95, 20)) == ["yes", "yes"]


def test_a_long_word_whose_score_varies_is_detected_once():
    assert detected(*[("yes", 0.95, 6), ("yes", 0.6, 3)] * 10) == ["yes"]


def test_two_words_in_a_row_are_both_detected():
    assert detected(SILENCE, YES, ("no", 0.9, 10), SILENCE) == ["yes", "no"]
    assert detected(YES, ("no", 0.9, 12), YES, ("no", 0.9, 12)) == ["yes", "no"] * 2


def test_a_held_word_is_released_when_another_label_leads():
    parts = ("yes", 0.95, 20), ("unknown", 0.55, 1), ("yes", 0.95, 20)
    assert detected(*parts) == ["yes", "yes"]
    # Also with a threshold so low that the score of the word stays above the release threshold.
    low = {"yes": 0.3, "no": 0.3}
    parts = ("yes", 0.9, 20), ("unknown", 0.8, 1), ("yes", 0.9, 20)
    assert detected(*parts, thresholds=low) == ["yes", "yes"]


def test_a_word_is_not_detected_again_within_the_refractory_time():
    assert detected(("yes", 0.95, 5), silence(5), ("yes", 0.95, 5)) == ["yes"]
    # A word that still has a high score at the end of that time is detected then.
    first, second = detections(scored_windows(("yes", 0.95, 5), silence(5), ("yes", 0.95, 20)))
    assert second.t - first.t == pytest.approx(0.72)


def test_a_short_peak_is_smoothed_away():
    assert detected(silence(5), ("yes", 1.0, 2), silence(5)) == []


def test_scores_are_averaged_over_a_time_not_over_a_number_of_windows():
    decision = spotting()
    quick = [(i * 0.01, scores("silence", 1)) for i in range(20)]
    quick += [(0.2 + i * 0.01, scores("yes", 1.0)) for i in range(20)]
    (event,) = [e for t, row in quick for e in decision.process(Window(t, t, TENSOR), row)]
    assert event.t == pytest.approx(0.29)  # 10 of 12 windows: 0.83


def test_windows_that_do_not_exist_do_not_count():
    """The level gate opens when the word begins; the silence before it must not lower the mean."""
    rows = scored_windows(silence(5), gap(4), ("yes", 0.9, 1))
    (event,) = detections(rows)
    assert (event.label, event.score, event.t) == ("yes", pytest.approx(0.9), rows[-1][0])
    # Windows before a gap that is shorter than the smoothing time count.
    assert detections(scored_windows(silence(5), gap(1), ("yes", 0.9, 1))) == []


def test_a_held_word_is_released_by_a_long_gap_and_not_by_a_short_one():
    assert detected(YES, gap(20), YES) == ["yes", "yes"]
    assert detected(("yes", 0.95, 20), gap(5), ("yes", 0.95, 30)) == ["yes"]


def test_each_word_has_its_own_threshold():
    assert detected(("yes", 0.7, 20), ("no", 0.7, 20)) == ["no"]


def test_the_event_has_the_mean_scores():
    (event,) = detections(scored_windows(silence(5), ("yes", 0.75, 1), ("yes", 0.875, 9)))
    assert event.score == event.scores["yes"] == pytest.approx(0.8333, abs=1e-4)
    assert list(event.scores) == LABELS and sum(event.scores.values()) == pytest.approx(1)
    assert (event.t, event.latency_ms) == (pytest.approx(8 * STEP), 0)


def test_the_delay_is_subtracted_from_the_time_and_added_to_the_latency():
    rows = scored_windows(silence(5), YES)
    (plain,), (event,) = detections(rows), detections(rows, delay_s=0.15)
    assert event.t == pytest.approx(plain.t - 0.15)
    assert event.latency_ms == pytest.approx(150)


def test_the_time_until_the_window_is_complete_is_latency():
    decision = spotting()
    (event,) = decision.process(Window(2.0, 2.25, TENSOR), scores("yes", 1))
    assert (event.t, event.latency_ms) == (2.0, 250.0)


def test_a_wrong_number_of_scores_is_an_error():
    decision = spotting()
    with pytest.raises(ValueError, match="3 scores for 4 labels"):
        list(decision.process(Window(0, 0, TENSOR), np.array([0.8, 0.1, 0.1], np.float32)))


@pytest.mark.parametrize(
    "wrong",
    [
        {"background_labels": ["noise"]},
        {"background_labels": "silence"},
        {"background_labels": LABELS, "thresholds": {}},
        {"thresholds": {"yes": 0.8}},
        {"thresholds": {"yes": 0.8, "no": 0.6, "maybe": 0.5}},
        {"thresholds": {"yes": 0.8, "no": 0.6, "silence": 0.5}},
        {"thresholds": {"yes": 1.5, "no": 0.6}},
        {"thresholds": {"yes": float("nan"), "no": 0.6}},
        {"thresholds": None},
        {"smoothing_s": -1},
        {"refractory_s": "soon"},
        {"release_ratio": 1.5},
        {"operating_points": [{"false_per_hour": 1, "threshold": 1.2}]},
        {"operating_points": [{"false_per_hour": 1}]},
        {"operating_points": [{"threshold": 0.8}]},
    ],
)
def test_impossible_settings_are_refused(wrong):
    with pytest.raises((KeyError, TypeError, ValueError)):
        settings_of(**wrong)


# With random scores

RANDOM = st.lists(
    st.tuples(
        st.sampled_from([1, 1, 1, 1, 2, 3, 10, 40]),  # steps since the previous window
        st.sampled_from(LABELS),
        st.sampled_from([0.0, 0.3, 0.5, 0.62, 0.85, 1.0]),
    ),
    max_size=120,
)


def rows_of(steps: list[tuple[int, str, float]]) -> list[tuple[float, np.ndarray]]:
    times = np.cumsum([step for step, _, _ in steps]) * STEP
    return [(t, scores(*rest)) for t, (_, *rest) in zip(times, steps, strict=True)]


@settings(deadline=None)
@given(RANDOM)
def test_no_detection_is_within_the_refractory_time_or_below_the_threshold(steps):
    rows = rows_of(steps)
    events = detections(rows)
    by_time = dict(rows)
    for event in events:
        assert event.score >= SETTINGS["thresholds"][event.label]
        assert LABELS[by_time[event.t].argmax()] == event.label
    for word in SETTINGS["thresholds"]:
        at = [event.t for event in events if event.label == word]
        assert all(b - a > 0.7 - 0.002 for a, b in zip(at, at[1:], strict=False))


@settings(deadline=None)
@given(RANDOM)
def test_a_word_is_released_before_it_is_detected_again(steps):
    rows = rows_of(steps)
    events = detections(rows)
    for word, threshold in SETTINGS["thresholds"].items():
        at = [event.t for event in events if event.label == word]
        for a, b in zip(at, at[1:], strict=False):
            between = [(t, row) for t, row in rows if a <= t <= b]
            fell = any(
                row.argmax() != LABELS.index(word) or row[LABELS.index(word)] < threshold / 2
                for _, row in between
            )
            gaps = np.diff([t for t, _ in between])
            assert fell or gaps.max() > 0.69


@settings(deadline=None)
@given(RANDOM, st.floats(0, 1e6))
def test_the_detections_do_not_depend_on_the_start_time(steps, start):
    rows = rows_of(steps)
    later = detections((t + start, row) for t, row in rows)
    assert [(e.label, e.score) for e in later] == [(e.label, e.score) for e in detections(rows)]


# The budget of false accepts

POINTS = [
    {"false_per_hour": 0.5, "threshold": 0.95},
    {"false_per_hour": 2.0, "threshold": 0.7},
    {"false_per_hour": 0.0, "threshold": 0.99},
]


@pytest.mark.parametrize(
    ("budget", "threshold"), [(0, 0.99), (0.4, 0.99), (0.5, 0.95), (1.9, 0.95), (50, 0.7)]
)
def test_a_budget_chooses_the_least_strict_operating_point_within_it(budget, threshold):
    settings = settings_of(operating_points=POINTS)
    limited = settings.with_budget(budget)
    assert limited.thresholds == {"yes": threshold, "no": threshold}
    assert replace(limited, thresholds=settings.thresholds) == settings
    SpottingDecision(LABELS, limited)


def test_a_strict_word_keeps_its_threshold_at_any_budget():
    settings = settings_of(operating_points=POINTS, strict_words={"no": 0.99})
    assert settings.with_budget(2).thresholds == {"yes": 0.7, "no": 0.99}
    with pytest.raises(ValueError, match="not a word of the model"):
        settings_of(operating_points=POINTS, strict_words={"perhaps": 0.99})


def test_the_error_for_an_impossible_budget_names_the_least_possible_one():
    with pytest.raises(ModelError, match="give --max-false-per-hour 0.5 or more"):
        settings_of(operating_points=POINTS[:2]).with_budget(0.1)


def test_a_model_without_operating_points_refuses_a_budget():
    for without in (settings_of(), settings_of(operating_points=[])):
        with pytest.raises(ModelError, match="leave --max-false-per-hour out"):
            without.with_budget(1)


def test_a_word_in_running_speech_needs_the_higher_threshold():
    sure = ("yes", 0.98, 10)
    assert detected(TALK, YES, TALK) == ["yes"]
    assert detected(TALK, YES, TALK, running_speech=RUNNING_SPEECH) == []
    assert detected(TALK, sure, TALK, running_speech=RUNNING_SPEECH) == ["yes"]


@pytest.mark.parametrize("pause", [silence(25), gap(25)])
def test_a_word_after_a_second_of_silence_is_not_in_running_speech(pause):
    assert detected(TALK, pause, YES, running_speech=RUNNING_SPEECH) == ["yes"]


def test_some_other_words_are_not_running_speech():
    other = [("unknown", 0.99, 20), silence(20)]
    assert detected(*other * 10, YES, running_speech=RUNNING_SPEECH) == ["yes"]
    assert detected(("unknown", 0.99, 40), YES, running_speech=RUNNING_SPEECH) == ["yes"]


@pytest.mark.parametrize(
    ("key", "value"),
    [("label", "yes"), ("time_s", 0), ("share", 1.5), ("min_threshold", "high")],
)
def test_impossible_values_for_running_speech_are_refused(key, value):
    with pytest.raises(ValueError, match=f"running_speech.{key}"):
        settings_of(running_speech={**RUNNING_SPEECH, key: value})


# When the next detection is possible at the earliest


def test_the_next_detection_is_as_early_as_scores_of_one_would_bring_it():
    decision = spotting(smoothing_s=0.2)
    processed(decision, scored_windows(SILENCE))
    assert decision.next_detection_t() == pytest.approx((25 + 3) * STEP)  # 3 of 5 windows reach 0.6
    assert processed(decision, certain("no", 25 * STEP, 3)) == [pytest.approx((25 + 3) * STEP)]


def test_a_score_that_was_high_brings_the_next_detection_closer():
    decision = spotting(smoothing_s=0.2)
    processed(decision, scored_windows(SILENCE, ("no", 0.9, 3)))
    assert decision.next_detection_t() == pytest.approx((25 + 3 + 1) * STEP)


def test_the_next_detection_is_unknown_after_one_window():
    decision = spotting()
    assert decision.next_detection_t() == -np.inf
    processed(decision, scored_windows(silence(1)))
    assert decision.next_detection_t() == -np.inf
    processed(decision, [(2 * STEP, scores("silence", 1))])
    assert decision.next_detection_t() > 2 * STEP


def test_words_in_their_refractory_time_are_not_expected():
    decision = spotting()
    assert len(processed(decision, scored_windows(("yes", 0.95, 3), ("no", 0.95, 3)))) == 2
    assert decision.next_detection_t() == pytest.approx((6 + 8) * STEP)  # as far as is computed


def test_a_lower_threshold_brings_the_next_detection_closer():
    decision = spotting(smoothing_s=0.2)
    processed(decision, scored_windows(SILENCE))
    decision.change_settings(settings_of(smoothing_s=0.2).with_threshold(0.4))
    assert decision.next_detection_t() == pytest.approx((25 + 2) * STEP)


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(LABELS), st.floats(0.3, 1), st.integers(1, 12)), min_size=1),
    st.sampled_from(["yes", "no"]),
)
def test_no_detection_is_earlier_than_the_next_possible_one(parts, word):
    decision = spotting(smoothing_s=0.2)
    rows = scored_windows(*parts)
    processed(decision, rows)
    possible = decision.next_detection_t()
    later = processed(decision, certain(word, rows[-1][0], 30))
    assert all(t > possible - 1e-6 for t in later)


def test_times_at_their_limits():
    assert detected(("yes", 0.95, 3), gap(16), ("yes", 0.95, 3)) == ["yes"]  # 0.68 s apart: held
    assert detected(("yes", 0.95, 3), gap(17), ("yes", 0.95, 3)) == ["yes", "yes"]


def test_every_label_but_one_can_be_a_word():
    labels = ["yes", "silence"]
    changes = {"background_labels": ["silence"], "thresholds": {"yes": 0.8}}
    assert SpottingSettings.from_manifest(labels, {**SETTINGS, **changes}).word_prior == 1


def test_labels_without_a_word_are_refused():
    with pytest.raises(ValueError, match="every label is a background label"):
        settings_of(background_labels=LABELS)
