"""Thresholds within a budget of false accepts, and the fast spotter that tries many of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from edge.decision.spotting import SpottingDecision, SpottingSettings
from edge.errors import ModelError, RecordingError
from edge.model import read_manifest
from edge.model.shipped import find_model
from training.common.intervals import poisson_interval
from training.sound.evaluate.long_audio import TrueWord
from training.sound.evaluate.spotting.fast_spotter import FastSpotter
from training.sound.evaluate.spotting.matching import match_words
from training.sound.evaluate.spotting.result import SpottingResult
from training.sound.evaluate.spotting.scored_audio import ScoredAudio, run_decision
from training.sound.evaluate.thresholds.choose import choose_thresholds
from training.sound.evaluate.thresholds.config import GRID, ThresholdConfig
from training.sound.evaluate.thresholds.operating_points import extrapolate, raise_exceeded_budgets

LABELS = ("yes", "no", "up", "silence", "unknown")
WORDS = LABELS[:3]
BACKGROUND = ["silence", "unknown"]
HEADROOM, BUDGETS = ThresholdConfig.headroom, ThresholdConfig.budgets
# Between the words of `scored_audio` there are other words, as in running speech.
NO_RUNNING_SPEECH = ThresholdConfig(running_speech=None)
ONE_SMOOTHING = replace(NO_RUNNING_SPEECH, smoothings_s=(0.2,))


def scored_audio(minutes: float, seed: int, spread: float = 2.0, levels: int = 256) -> ScoredAudio:
    """Scores like those of a network: high in and after a word, often unsure, sometimes wrong."""
    rng = np.random.default_rng(seed)
    seconds = minutes * 60
    t = np.arange(1, round(seconds / 0.04)) * 0.04
    t = t[rng.random(len(t)) > 0.01]  # lost samples
    t = t[(t % 97) < 80]  # level gate closed
    logits = rng.normal(0, 0.7, (len(t), len(LABELS)))
    logits[:, 4] += 2.5
    words = []
    start = 1.0
    while start < seconds - 3:
        word = str(rng.choice(["yes", "no", "up", "bird", "cat"]))
        words.append(TrueWord(start, start + 0.4, word))
        like = LABELS.index(word) if word in LABELS else int(rng.integers(5))
        height = rng.normal(6 if word in LABELS else 1.5 + 0.5 * like, spread)
        logits[:, like] += height * np.exp(-(((t - start - 0.4) / 0.25) ** 2))
        start += rng.uniform(0.9, 4)
    scores = np.exp(logits)
    scores /= scores.sum(axis=1, keepdims=True)
    scores = (np.floor(scores * levels) / levels).astype(np.float32)
    return ScoredAudio(t, t + 0.01, scores, LABELS, seconds, words)


def spotting_settings(**values: Any) -> SpottingSettings:
    """Settings of a decision with the labels of this file; thresholds are given later."""
    defaults = {
        "background_labels": BACKGROUND,
        "smoothing_s": 0.12,
        "refractory_s": 0.5,
        "release_ratio": 0.7,
        "thresholds": dict.fromkeys(WORDS, 0.5),
    }
    return SpottingSettings.from_manifest(LABELS, {**defaults, **values})


def settings_of(decision: Mapping[str, Any]) -> SpottingSettings:
    return SpottingSettings.from_manifest(LABELS, decision)


def spot(audio: ScoredAudio, settings: SpottingSettings) -> SpottingResult:
    """Spot words with the thresholds of the settings, and match them to the ground truth."""
    return match_words(FastSpotter(audio, settings).spot(settings.thresholds), audio, WORDS)


@pytest.mark.parametrize("levels", [256, 1 << 24, 4])
@pytest.mark.parametrize("max_hold_s", [0.6, np.inf])
@pytest.mark.parametrize("smoothing_s", [0.0, 0.12, 0.3])
def test_fast_spotter_detects_the_same_words_as_the_decision(
    smoothing_s: float, max_hold_s: float, levels: int
) -> None:
    rng = np.random.default_rng(7)
    audio = scored_audio(10, seed=1, levels=levels)
    settings = spotting_settings(smoothing_s=smoothing_s, max_hold_s=max_hold_s)
    spotter = FastSpotter(audio, settings)
    detections = 0
    for _ in range(5):
        thresholds = {word: float(rng.choice([0.25, 0.5, 0.75, 0.93])) for word in WORDS}
        decision = SpottingDecision(LABELS, replace(settings, thresholds=thresholds))
        expected = run_decision(audio, decision)
        assert spotter.spot(thresholds) == expected
        detections += len(expected)
    assert detections > 100


def test_fast_spotter_has_the_same_threshold_in_running_speech_as_the_decision() -> None:
    audio = scored_audio(10, seed=1)
    speech = {"label": "unknown", "time_s": 1.0, "share": 0.5, "min_threshold": 0.95}
    settings = spotting_settings(running_speech=speech)
    found = FastSpotter(audio, settings).spot(settings.thresholds)
    assert found == run_decision(audio, SpottingDecision(LABELS, settings))
    assert 0 < len(found) < len(FastSpotter(audio, spotting_settings()).spot(settings.thresholds))


def test_only_models_with_a_label_for_other_words_have_a_threshold_for_running_speech() -> None:
    audio = scored_audio(10, seed=1)
    speech = settings_of(choose_thresholds([audio], BACKGROUND)).running_speech
    assert speech is not None and speech.label == "unknown"
    labels = ("yes", "no", "up", "silence", "none")
    decision = choose_thresholds([replace(audio, labels=labels)], labels[3:])
    assert "running_speech" not in decision


def test_one_word_alone_is_detected_as_among_others() -> None:
    spotter = FastSpotter(scored_audio(10, seed=1), spotting_settings())
    together = spotter.spot({"yes": 0.5, "no": 0.6, "up": 0.7})
    assert spotter.spot({"no": 0.6}) == [word for word in together if word.label == "no"]


def test_audio_without_windows_has_no_detections() -> None:
    empty = np.empty(0)
    audio = ScoredAudio(empty, empty, np.empty((0, 5), np.float32), LABELS, 60.0, [])
    spotter = FastSpotter(audio, spotting_settings())
    assert spotter.spot({"yes": 0.5, "no": 0.5, "up": 0.5}) == []


def test_chosen_thresholds_keep_to_their_budgets() -> None:
    audios = [scored_audio(60, seed) for seed in (1, 2)]
    decision = choose_thresholds(audios, BACKGROUND, NO_RUNNING_SPEECH)
    points = decision["operating_points"]
    assert decision["background_labels"] == BACKGROUND
    assert decision["word_prior"] > 1
    assert [point["false_per_hour"] for point in points] == list(BUDGETS)
    for point in points:
        settings = settings_of(decision).with_budget(point["false_per_hour"])
        results = [spot(audio, settings) for audio in audios]
        false_accepts = sum(result.false_accepts.total() for result in results)
        assert false_accepts == point["false_accepts"]
        hours = sum(result.seconds for result in results) / 3600
        assert false_accepts <= HEADROOM * point["false_per_hour"] * hours
        hits = sum(result.hits for result in results)
        assert point["hit_rate"] == round(hits / sum(result.words for result in results), 4)
        assert point["false_accept_clips"] == false_accepts
        upper_limit = poisson_interval(false_accepts)[1] / 2
        assert point["resolved"] == (upper_limit <= point["false_per_hour"])
    strictest, *_, lowest = points
    assert not strictest["resolved"]
    assert lowest["hit_rate"] > strictest["hit_rate"] > 0.05
    for before, after in zip(points, points[1:], strict=False):
        assert after["threshold"] <= before["threshold"]
        assert after["hit_rate"] >= before["hit_rate"]
    assert 0 <= decision["delay_s"] < 0.3


def test_extrapolation_doubles_the_odds_for_half_the_false_accepts() -> None:
    assert (extrapolate(0.5, 2), extrapolate(0.8, 2)) == (0.6667, 0.8889)
    assert extrapolate(1.0, 10) == 1.0


def test_the_lowest_threshold_within_the_budget_is_chosen_for_all_words() -> None:
    audio = scored_audio(60, 3)
    decision = choose_thresholds([audio], BACKGROUND, replace(ONE_SMOOTHING, budget=5.0))
    (threshold,) = set(decision["thresholds"].values())
    lower = float(GRID[list(GRID).index(threshold) - 1])
    settings = settings_of(decision)
    result = spot(audio, settings.with_threshold(lower))
    is_within = result.false_per_hour <= HEADROOM * 5.0
    assert not is_within or result.hits == spot(audio, settings).hits


def test_words_of_machine_voices_get_the_lowest_threshold_within_the_budget() -> None:
    audio = scored_audio(60, 3)
    config = replace(ONE_SMOOTHING, budget=5.0)
    usual = choose_thresholds([audio], BACKGROUND, config)
    lowest = choose_thresholds([audio], BACKGROUND, replace(config, lowest=True))
    for one, other in zip(usual["operating_points"], lowest["operating_points"], strict=True):
        assert other["threshold"] <= one["threshold"]
        assert other["false_accepts"] <= HEADROOM * other["false_per_hour"] * other["hours"]


def test_a_word_with_many_false_accepts_becomes_a_strict_word() -> None:
    audio = scored_audio(60, 3)
    # Every second "no" was another word that only sounds like it.
    places = [k for k, word in enumerate(audio.words) if word.label == "no"]
    similar = set(places[::2])
    words = [
        replace(word, label="know") if k in similar else word for k, word in enumerate(audio.words)
    ]
    config = replace(ONE_SMOOTHING, budget=1.0)
    decision = choose_thresholds([replace(audio, words=words)], BACKGROUND, config)
    assert decision["strict_words"] == {"no": GRID[-1]}
    # Half of the budget is left to the other words.
    plain = choose_thresholds([audio], BACKGROUND, replace(ONE_SMOOTHING, budget=0.5))
    assert plain["strict_words"] == {}
    assert decision["thresholds"] == {**plain["thresholds"], "no": GRID[-1]}
    smallest = decision["operating_points"][0]["false_per_hour"]
    assert smallest > BUDGETS[0]  # every "know" is a false accept, whatever the other thresholds
    for point in decision["operating_points"]:
        assert point["false_accepts"] <= point["false_per_hour"] * point["hours"]
        settings = settings_of(decision).with_budget(point["false_per_hour"])
        assert settings.thresholds["no"] == GRID[-1]
    with pytest.raises(ModelError, match=f"give --max-false-per-hour {smallest:g} or more"):
        settings_of(decision).with_budget(BUDGETS[0])


def test_no_threshold_is_lower_than_that_of_the_base_decision() -> None:
    audios = [scored_audio(60, 3)]
    free = choose_thresholds(audios, BACKGROUND, ONE_SMOOTHING)
    base = {
        "operating_points": [
            {"false_per_hour": 0.5, "threshold": 0.97},
            {"false_per_hour": 2, "threshold": 0.9},
        ]
    }
    limited = choose_thresholds(audios, BACKGROUND, ONE_SMOOTHING, base)
    for one, other in zip(free["operating_points"], limited["operating_points"], strict=True):
        budget = one["false_per_hour"]
        assert other["threshold"] == max(one["threshold"], 0.9 if budget >= 2 else 0.97)
        assert other["hit_rate"] <= one["hit_rate"]
        assert other["false_accepts"] <= one["false_accepts"]
    assert set(limited["thresholds"].values()) == {max(0.97, *free["thresholds"].values())}


def test_budgets_are_raised_to_the_false_accepts_that_were_measured() -> None:
    def point(budget: float, false_accepts: int, hit_rate: float) -> dict[str, float]:
        return {
            "false_per_hour": budget,
            "false_accepts": false_accepts,
            "hours": 9,
            "upper_limit": 1.9,
            "hit_rate": hit_rate,
        }

    points = raise_exceeded_budgets(
        [point(5, 22, 0.6), point(1, 7, 0.5), point(0.25, 5, 0.4), point(0.1, 5, 0.3)]
    )
    assert [(p["false_per_hour"], p["hit_rate"], p["resolved"]) for p in points] == [
        (0.56, 0.4, False),  # of two points with this budget, the one with more hits
        (1, 0.5, False),
        (5, 0.6, True),
    ]


@pytest.mark.parametrize("name", ["kws", "sounddigit", "kws_qcnn"])
def test_operating_points_of_shipped_models_keep_their_budgets(name: str) -> None:
    for point in read_manifest(find_model(name)).decision["operating_points"]:
        assert point["false_accepts"] <= point["false_per_hour"] * point["hours"]


def test_a_word_called_none_is_a_word() -> None:
    audio = scored_audio(20, 3)
    words = [replace(word, label="none") if word.label == "yes" else word for word in audio.words]
    renamed = replace(audio, labels=("none", *LABELS[1:]), words=words)
    decision = choose_thresholds([renamed], BACKGROUND, ONE_SMOOTHING)
    assert set(decision["thresholds"]) == {"none", "no", "up"}


def test_a_word_becomes_strict_if_the_others_then_have_more_hits() -> None:
    audio = scored_audio(60, 3)
    similar = np.flatnonzero([word.label == "up" for word in audio.words])[:6]
    # Six times "up" was another word that sounds like it, but not exactly.
    words = [
        replace(word, label="cup") if k in similar else word for k, word in enumerate(audio.words)
    ]
    scores, up = audio.scores.copy(), LABELS.index("up")
    for k in similar:
        near = (audio.t > words[k].start) & (audio.t < words[k].end + 1)
        scores[near, up] = np.minimum(scores[near, up], 0.98)
    audio = replace(audio, scores=scores, words=words)
    decision = choose_thresholds([audio], BACKGROUND, replace(ONE_SMOOTHING, budget=5.0))
    assert decision["strict_words"] == {"up": GRID[-1]}
    (point,) = (p for p in decision["operating_points"] if p["false_per_hour"] == 5.0)
    assert point["false_accepts"] <= 2
    settings = settings_of(decision)
    for threshold in GRID:  # without a strict word, no threshold has as many hits
        result = spot(audio, settings.with_threshold(float(threshold)))
        assert result.false_accepts.total() > 2 or result.hits < point["hit_rate"] * result.words


def test_thresholds_keep_the_budget_on_other_audio() -> None:
    config = replace(ONE_SMOOTHING, budget=5.0)
    settings = settings_of(choose_thresholds([scored_audio(60, 5)], BACKGROUND, config))
    assert spot(scored_audio(120, 99), settings).false_per_hour <= 5.0


def test_a_word_without_clips_gets_no_threshold() -> None:
    audio = scored_audio(5, 1)
    without_no = replace(audio, words=[word for word in audio.words if word.label != "no"])
    with pytest.raises(RecordingError, match="no clips of no in this audio"):
        choose_thresholds([without_no], BACKGROUND)
