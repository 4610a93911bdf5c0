"""Thresholds under a budget of false accepts, and the shortcut that tries a thousand of them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from edge.decision.spotting import SpottingDecision, SpottingSettings
from edge.errors import ModelError, RecordingError
from edge.model import read_manifest
from edge.model.shipped import find_model
from training.common.intervals import poisson_interval, wilson_interval
from training.sound.evaluate.fast_spotter import Spotted
from training.sound.evaluate.long_audio import TrueWord
from training.sound.evaluate.thresholds import (
    BUDGETS,
    GRID,
    HEADROOM,
    _less_likely,
    choose,
    promises,
)
from training.sound.evaluate.trace import Trace, decide, judge

LABELS = ("yes", "no", "up", "silence", "unknown")
SILENT = ["silence", "unknown"]


def listened(
    minutes: float, seed: int, spread: float = 2.0, levels: int = 256
) -> tuple[Trace, list[TrueWord]]:
    """Scores as of a network: high in and after a word, often unsure, now and then wrong."""
    rng = np.random.default_rng(seed)
    seconds = minutes * 60
    t = np.arange(1, round(seconds / 0.04)) * 0.04
    t = t[rng.random(len(t)) > 0.01]  # lost now and then
    t = t[(t % 97) < 80]  # and the gate was closed
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
    return Trace(t, t + 0.01, scores, LABELS, seconds), words


@pytest.mark.parametrize("levels", [256, 1 << 24, 4])
@pytest.mark.parametrize("max_hold_s", [0.6, np.inf])
@pytest.mark.parametrize("smoothing_s", [0.0, 0.12, 0.3])
def test_the_shortcut_hears_what_the_decision_hears(
    smoothing_s: float, max_hold_s: float, levels: int
) -> None:
    rng = np.random.default_rng(7)
    trace, _ = listened(10, seed=1, levels=levels)
    settings = {
        "kind": "spotting",
        "background_labels": SILENT,
        "smoothing_s": smoothing_s,
        "refractory_s": 0.5,
        "max_hold_s": max_hold_s,
        "release_ratio": 0.7,
    }
    spotted = Spotted(trace, settings)
    events = 0
    for _ in range(5):
        thresholds = {word: float(rng.choice([0.25, 0.5, 0.75, 0.93])) for word in LABELS[:3]}
        expected = decide(
            trace,
            SpottingDecision(
                LABELS,
                SpottingSettings.from_manifest(LABELS, {**settings, "thresholds": thresholds}),
            ),
        )
        assert spotted.heard(thresholds) == expected
        events += len(expected)
    assert events > 100


def test_one_word_alone_is_heard_as_among_others() -> None:
    trace, _ = listened(10, seed=1)
    settings = {
        "background_labels": SILENT,
        "smoothing_s": 0.12,
        "refractory_s": 0.5,
        "release_ratio": 0.7,
    }
    spotted = Spotted(trace, settings)
    together = spotted.heard({"yes": 0.5, "no": 0.6, "up": 0.7})
    assert spotted.heard({"no": 0.6}) == [event for event in together if event.label == "no"]


def test_nothing_was_there_to_hear() -> None:
    nothing = np.empty(0)
    trace = Trace(nothing, nothing, np.empty((0, 5), np.float32), LABELS, 60.0)
    settings = {
        "background_labels": SILENT,
        "smoothing_s": 0.12,
        "refractory_s": 0.5,
        "release_ratio": 0.7,
    }
    assert Spotted(trace, settings).heard({"yes": 0.5, "no": 0.5, "up": 0.5}) == []


def test_the_chosen_thresholds_keep_to_their_budgets() -> None:
    heard = [listened(60, seed) for seed in (1, 2)]
    settings = choose(heard, SILENT)
    assert settings["background_labels"] == SILENT
    assert settings["word_prior"] > 1
    assert [point["false_per_hour"] for point in settings["operating_points"]] == list(BUDGETS)
    for point in settings["operating_points"]:
        again = SpottingSettings.from_manifest(LABELS, settings).with_budget(
            point["false_per_hour"]
        )
        outcomes = [
            judge(
                Spotted(trace, settings).heard(again.thresholds), words, LABELS[:3], trace.seconds
            )
            for trace, words in heard
        ]
        false = sum(outcome.false.total() for outcome in outcomes)
        assert false == point["false_accepts"]
        hours = sum(outcome.seconds for outcome in outcomes) / 3600
        assert false <= HEADROOM * point["false_per_hour"] * hours
        hits = sum(outcome.hits for outcome in outcomes)
        assert point["hit_rate"] == round(hits / sum(outcome.words for outcome in outcomes), 4)
        assert point["false_accept_clips"] == false
        assert point["resolved"] == (poisson_interval(false)[1] / 2 <= point["false_per_hour"])
    strict, *_, bold = settings["operating_points"]
    assert not strict["resolved"]
    assert bold["hit_rate"] > strict["hit_rate"] > 0.05
    for before, after in zip(
        settings["operating_points"], settings["operating_points"][1:], strict=False
    ):
        assert after["threshold"] <= before["threshold"]
        assert after["hit_rate"] >= before["hit_rate"]
    assert 0 <= settings["delay_s"] < 0.3


def test_for_half_the_false_accepts_a_word_must_be_twice_as_likely() -> None:
    assert (_less_likely(0.5, 2), _less_likely(0.8, 2)) == (0.6667, 0.8889)
    assert _less_likely(1.0, 10) == 1.0


def test_the_boldest_threshold_within_the_budget_is_taken_for_all_words() -> None:
    heard = [listened(60, 3)]
    ((trace, words),) = heard
    settings = choose(heard, SILENT, budget=5.0, smoothings=[0.2])
    (threshold,) = set(settings["thresholds"].values())
    bolder = dict.fromkeys(LABELS[:3], float(GRID[list(GRID).index(threshold) - 1]))
    outcome = judge(Spotted(trace, settings).heard(bolder), words, LABELS[:3], trace.seconds)
    within = outcome.false_per_hour <= HEADROOM * 5.0
    assert (
        not within
        or outcome.hits
        == judge(
            Spotted(trace, settings).heard(settings["thresholds"]), words, LABELS[:3], trace.seconds
        ).hits
    )


def test_a_word_that_nobody_can_trust_does_not_make_the_others_deaf() -> None:
    trace, words = listened(60, 3)
    # Every second "no" was something that only sounds like it.
    nos = [k for k, word in enumerate(words) if word.label == "no"]
    alike = set(nos[::2])
    said = [replace(word, label="know") if k in alike else word for k, word in enumerate(words)]
    settings = choose([(trace, said)], SILENT, budget=1.0, smoothings=[0.2])
    assert settings["strict_words"] == {"no": GRID[-1]}
    # Half is left to the others.
    plain = choose([(trace, words)], SILENT, budget=0.5, smoothings=[0.2])
    assert plain["strict_words"] == {}
    assert settings["thresholds"] == {**plain["thresholds"], "no": GRID[-1]}
    least = settings["operating_points"][0]["false_per_hour"]
    assert least > BUDGETS[0]  # every "know" is one, however strict the others are
    for point in settings["operating_points"]:
        assert point["false_accepts"] <= point["false_per_hour"] * point["hours"]
        assert (
            SpottingSettings.from_manifest(LABELS, settings)
            .with_budget(point["false_per_hour"])
            .thresholds["no"]
            == GRID[-1]
        )
    with pytest.raises(ModelError, match=f"give --max-false-per-hour {least:g} or more"):
        SpottingSettings.from_manifest(LABELS, settings).with_budget(BUDGETS[0])


def test_a_cautious_decision_is_a_floor_at_every_budget() -> None:
    heard = [listened(60, 3)]
    free = choose(heard, SILENT, smoothings=[0.2])
    curve = [{"false_per_hour": 0.5, "threshold": 0.97}, {"false_per_hour": 2, "threshold": 0.9}]
    kept = choose(heard, SILENT, smoothings=[0.2], cautious={"operating_points": curve})
    for one, other in zip(free["operating_points"], kept["operating_points"], strict=True):
        budget = one["false_per_hour"]
        assert other["threshold"] == max(one["threshold"], 0.9 if budget >= 2 else 0.97)
        assert (
            other["hit_rate"] <= one["hit_rate"] and other["false_accepts"] <= one["false_accepts"]
        )
    assert set(kept["thresholds"].values()) == {max(0.97, *free["thresholds"].values())}


def test_no_less_is_promised_than_was_measured() -> None:
    def point(budget: float, false: int, hits: float) -> dict[str, float]:
        return {
            "false_per_hour": budget,
            "false_accepts": false,
            "hours": 9,
            "upper_limit": 1.9,
            "hit_rate": hits,
        }

    curve = promises([point(5, 22, 0.6), point(1, 7, 0.5), point(0.25, 5, 0.4), point(0.1, 5, 0.3)])
    assert [(p["false_per_hour"], p["hit_rate"], p["resolved"]) for p in curve] == [
        (0.56, 0.4, False),  # the bolder of two with as many
        (1, 0.5, False),
        (5, 0.6, True),
    ]


@pytest.mark.parametrize("name", ["kws", "sounddigit", "kws_qcnn"])
def test_the_shipped_models_promise_no_less_than_was_measured(name: str) -> None:
    for point in read_manifest(find_model(name)).decision["operating_points"]:
        assert point["false_accepts"] <= point["false_per_hour"] * point["hours"]


def test_a_word_called_none_is_a_word() -> None:
    trace, words = listened(20, 3)
    labels = ("none", *LABELS[1:])
    words = [replace(w, label="none") if w.label == "yes" else w for w in words]
    settings = choose([(replace(trace, labels=labels), words)], SILENT, smoothings=[0.2])
    assert set(settings["thresholds"]) == {"none", "no", "up"}


def test_a_word_that_leaves_the_others_no_budget_is_held_back_if_more_is_heard_then() -> None:
    trace, words = listened(60, 3)
    weak = np.flatnonzero([word.label == "up" for word in words])[:6]
    # Six times "up" was something that only sounds like it, and not that much.
    said = [replace(word, label="cup") if k in weak else word for k, word in enumerate(words)]
    scores = trace.scores.copy()
    for k in weak:
        near = (trace.t > words[k].start) & (trace.t < words[k].end + 1)
        scores[near, LABELS.index("up")] = np.minimum(scores[near, LABELS.index("up")], 0.98)
    heard = [(replace(trace, scores=scores), said)]
    settings = choose(heard, SILENT, budget=5.0, smoothings=[0.2])
    assert settings["strict_words"] == {"up": GRID[-1]}
    (point,) = (point for point in settings["operating_points"] if point["false_per_hour"] == 5.0)
    assert point["false_accepts"] <= 2
    spotted = Spotted(heard[0][0], settings)
    for threshold in GRID:  # nor is as much heard without, at any threshold
        outcome = judge(
            spotted.heard(dict.fromkeys(LABELS[:3], float(threshold))), said, LABELS[:3], 3600.0
        )
        assert outcome.false.total() > 2 or outcome.hits < point["hit_rate"] * outcome.words


def test_they_hold_on_other_people() -> None:
    settings = choose([listened(60, 5)], SILENT, budget=5.0, smoothings=[0.2])
    trace, words = listened(120, 99)
    heard = Spotted(trace, settings).heard(settings["thresholds"])
    assert judge(heard, words, LABELS[:3], trace.seconds).false_per_hour <= 5.0


def test_a_word_that_nobody_says_gets_no_threshold() -> None:
    trace, words = listened(5, 1)
    with pytest.raises(RecordingError, match="nobody says no in this audio"):
        choose([(trace, [word for word in words if word.label != "no"])], SILENT)


@pytest.mark.parametrize("count", [0, 1, 3, 10, 250])
def test_the_interval_of_a_count_is_exact(count: int) -> None:
    low = stats.chi2.ppf(0.025, 2 * count) / 2 if count else 0.0
    high = stats.chi2.ppf(0.975, 2 * count + 2) / 2
    assert poisson_interval(count) == pytest.approx((low, high), rel=1e-6)


@pytest.mark.parametrize(("right", "of"), [(0, 10), (10, 10), (47, 50), (450, 482)])
def test_the_interval_of_a_share_is_wilson_s(right: int, of: int) -> None:
    expected = stats.binomtest(right, of).proportion_ci(method="wilson")
    assert wilson_interval(right, of) == pytest.approx((expected.low, expected.high), abs=1e-6)
