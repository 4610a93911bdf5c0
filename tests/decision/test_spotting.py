"""From a track of scores, a window every 40 ms, to words: each once, and again when said again."""

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


def scores(label: str, score: float) -> np.ndarray:
    """That label at that score, the rest is silence."""
    row = np.zeros(len(LABELS), np.float32)
    row[LABELS.index("silence" if label == "-" else label)] = 1 if label == "-" else score
    row[LABELS.index("silence")] += 1 - row.sum()
    return row


def track(*parts: tuple[str, float, int]) -> list[tuple[float, np.ndarray]]:
    """(label, score, windows) one after another; `gap` is time without windows."""
    rows, at = [], 0
    for label, score, count in parts:
        for _ in range(count):
            at += 1
            if label != "gap":
                rows.append((at * STEP, scores(label, score)))
    return rows


def settings_of(**changes: object) -> SpottingSettings:
    return SpottingSettings.from_manifest(LABELS, {**SETTINGS, **changes})


def spotting(**changes: object) -> SpottingDecision:
    return SpottingDecision(LABELS, settings_of(**changes))


def decide(rows: Iterable[tuple[float, np.ndarray]], **settings: object) -> list[Detection]:
    decision = spotting(**settings)
    return [e for t, row in rows for e in decision.process(Window(t, t, TENSOR), row)]


def words(*parts: tuple[str, float, int], **settings: object) -> list[str]:
    return [event.label for event in decide(track(*parts), **settings)]


QUIET = ("-", 1, 25)
SAID = ("yes", 0.95, 10)


def test_a_word_that_slides_through_the_window_fires_once():
    slide = [("yes", score, 2) for score in (0.2, 0.5, 0.8, 0.9, 0.97, 0.9, 0.7, 0.4, 0.1)]
    assert words(QUIET, *slide, QUIET) == ["yes"]


def test_silence_and_noise_fire_nothing():
    assert words(("-", 1, 200), ("unknown", 1, 200), ("yes", 0.7, 200), ("no", 0.5, 99)) == []


def test_a_long_word_fires_once():
    assert words(QUIET, ("yes", 0.95, 100), QUIET) == ["yes"]


def test_a_word_that_is_held_longer_than_one_can_be_was_said_again():
    once, twice, thrice = (("yes", 0.95, 3 + count) for count in (25, 35, 55))
    assert words(QUIET, once, QUIET, max_hold_s=1.08) == ["yes"]
    assert words(QUIET, twice, QUIET, max_hold_s=1.08) == ["yes"] * 2
    assert words(QUIET, thrice, QUIET, max_hold_s=1.08) == ["yes"] * 3
    first, second = decide(track(QUIET, twice), max_hold_s=1.08)
    assert second.t - first.t == pytest.approx(1.08)
    wavering = [("yes", 0.95, 27), ("yes", 0.7, 5), ("yes", 0.95, 5)]
    assert words(QUIET, *wavering, max_hold_s=1.08) == ["yes"] * 2


@pytest.mark.parametrize("max_hold_s", [0.7, 0, -1, float("nan"), "long"])
def test_a_time_to_be_held_that_cannot_be(max_hold_s):
    with pytest.raises(ValueError, match=r"max_hold_s|long"):
        decide([], max_hold_s=max_hold_s)


def test_a_repeated_word_fires_again():
    assert words(SAID, ("-", 1, 15), SAID, ("-", 1, 15), SAID) == ["yes"] * 3


def test_averaging_does_not_swallow_the_moment_between_two_words():
    assert words(("yes", 0.95, 20), ("yes", 0.3, 1), ("yes", 0.95, 20)) == ["yes", "yes"]


def test_a_long_word_that_wavers_fires_once():
    assert words(*[("yes", 0.95, 6), ("yes", 0.6, 3)] * 10) == ["yes"]


def test_two_words_in_a_row_both_fire():
    assert words(QUIET, SAID, ("no", 0.9, 10), QUIET) == ["yes", "no"]
    assert words(SAID, ("no", 0.9, 12), SAID, ("no", 0.9, 12)) == ["yes", "no"] * 2


def test_another_label_that_leads_lets_go():
    assert words(("yes", 0.95, 20), ("unknown", 0.55, 1), ("yes", 0.95, 20)) == ["yes", "yes"]
    # Silence as well, and a threshold so low that the word did not even fall below the release.
    low = {"yes": 0.3, "no": 0.3}
    assert words(("yes", 0.9, 20), ("unknown", 0.8, 1), ("yes", 0.9, 20), thresholds=low) == [
        "yes",
        "yes",
    ]


def test_the_same_word_is_not_heard_within_the_refractory_time():
    assert words(("yes", 0.95, 5), ("-", 1, 5), ("yes", 0.95, 5)) == ["yes"]
    # One that is still there when the time is over is heard then.
    first, second = decide(track(("yes", 0.95, 5), ("-", 1, 5), ("yes", 0.95, 20)))
    assert second.t - first.t == pytest.approx(0.72)


def test_a_short_glitch_is_smoothed_away():
    assert words(("-", 1, 5), ("yes", 1.0, 2), ("-", 1, 5)) == []


def test_the_mean_is_over_time_not_over_a_number_of_windows():
    decision = spotting()
    quick = [(i * 0.01, scores("-", 1)) for i in range(20)]
    quick += [(0.2 + i * 0.01, scores("yes", 1.0)) for i in range(20)]
    (event,) = [e for t, row in quick for e in decision.process(Window(t, t, TENSOR), row)]
    assert event.t == pytest.approx(0.29)  # 10 of 12 windows: 0.83


def test_windows_that_do_not_exist_do_not_count():
    """The level gate opens on the word itself; what was before it is no reason for doubt."""
    rows = track(("-", 1, 5), ("gap", 0, 4), ("yes", 0.9, 1))
    (event,) = decide(rows)
    assert (event.label, event.score, event.t) == ("yes", pytest.approx(0.9), rows[-1][0])
    # Of a gap shorter than the smoothing, what is before still counts.
    assert decide(track(("-", 1, 5), ("gap", 0, 1), ("yes", 0.9, 1))) == []


def test_a_long_gap_lets_go_and_a_short_one_does_not():
    assert words(SAID, ("gap", 0, 20), SAID) == ["yes", "yes"]
    assert words(("yes", 0.95, 20), ("gap", 0, 5), ("yes", 0.95, 30)) == ["yes"]


def test_each_word_has_its_threshold():
    assert words(("yes", 0.7, 20), ("no", 0.7, 20)) == ["no"]


def test_the_event_says_what_was_averaged():
    (event,) = decide(track(("-", 1, 5), ("yes", 0.75, 1), ("yes", 0.875, 9)))
    assert event.score == event.scores["yes"] == pytest.approx(0.8333, abs=1e-4)
    assert list(event.scores) == LABELS and sum(event.scores.values()) == pytest.approx(1)
    assert (event.t, event.latency_ms) == (pytest.approx(8 * STEP), 0)


def test_time_is_the_words_end_as_far_as_the_training_knows_it():
    rows = track(("-", 1, 5), SAID)
    (plain,), (event,) = decide(rows), decide(rows, delay_s=0.15)
    assert event.t == pytest.approx(plain.t - 0.15)
    assert event.latency_ms == pytest.approx(150)


def test_waiting_for_the_window_is_latency():
    decision = spotting()
    (event,) = decision.process(Window(2.0, 2.25, TENSOR), scores("yes", 1))
    assert (event.t, event.latency_ms) == (2.0, 250.0)


def test_scores_that_do_not_fit_the_labels_are_a_bug_that_shows():
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
def test_settings_that_cannot_be_are_refused(wrong):
    with pytest.raises((KeyError, TypeError, ValueError)):
        settings_of(**wrong)


# For any scores at all

RANDOM = st.lists(
    st.tuples(
        st.sampled_from([1, 1, 1, 1, 2, 3, 10, 40]),  # steps since the window before
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
def test_never_too_soon_and_never_below_the_threshold(steps):
    rows = rows_of(steps)
    events = decide(rows)
    by_time = dict(rows)
    for event in events:
        assert event.score >= SETTINGS["thresholds"][event.label]
        assert LABELS[by_time[event.t].argmax()] == event.label
    for word in SETTINGS["thresholds"]:
        at = [event.t for event in events if event.label == word]
        assert all(b - a > 0.7 - 0.002 for a, b in zip(at, at[1:], strict=False))


@settings(deadline=None)
@given(RANDOM)
def test_a_held_word_was_let_go_before_it_fires_again(steps):
    rows = rows_of(steps)
    events = decide(rows)
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
def test_only_differences_of_time_matter(steps, start):
    rows = rows_of(steps)
    later = decide((t + start, row) for t, row in rows)
    assert [(e.label, e.score) for e in later] == [(e.label, e.score) for e in decide(rows)]


# The budget

POINTS = [
    {"false_per_hour": 0.5, "threshold": 0.95},
    {"false_per_hour": 2.0, "threshold": 0.7},
    {"false_per_hour": 0.0, "threshold": 0.99},
]


@pytest.mark.parametrize(
    ("budget", "threshold"), [(0, 0.99), (0.4, 0.99), (0.5, 0.95), (1.9, 0.95), (50, 0.7)]
)
def test_a_budget_takes_the_nearest_entry_that_keeps_to_it(budget, threshold):
    settings = settings_of(operating_points=POINTS)
    limited = settings.with_budget(budget)
    assert limited.thresholds == {"yes": threshold, "no": threshold}
    assert replace(limited, thresholds=settings.thresholds) == settings
    SpottingDecision(LABELS, limited)


def test_a_word_that_is_held_back_stays_so_at_any_budget():
    settings = settings_of(operating_points=POINTS, strict_words={"no": 0.99})
    assert settings.with_budget(2).thresholds == {"yes": 0.7, "no": 0.99}
    with pytest.raises(ValueError, match="no word of the labels"):
        settings_of(operating_points=POINTS, strict_words={"perhaps": 0.99})


def test_a_budget_that_nobody_can_keep_says_which_one_could_be():
    with pytest.raises(ModelError, match="give --max-false-per-hour 0.5 or more"):
        settings_of(operating_points=POINTS[:2]).with_budget(0.1)


def test_a_model_without_a_curve_cannot_be_limited():
    for without in (settings_of(), settings_of(operating_points=[])):
        with pytest.raises(ModelError, match="leave --max-false-per-hour out"):
            without.with_budget(1)
