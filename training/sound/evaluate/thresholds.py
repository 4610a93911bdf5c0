"""Thresholds, chosen on long audio of people the network did not learn from.

From strict to bold, the boldest that keeps within a budget of false accepts, with headroom, is
taken. For a budget so small that the audio cannot show it to be kept, the threshold is raised from
that of one that it can.

There is one for all words: a threshold of its own for each word hears more in this audio and less
in that of other people, for the few clips of a word say more of their speakers than of the word.
But a word that brings most of what is false (one judge's "nine" sounds like "five", whatever is
asked) is held back at the strictest threshold, and does not make the others deaf.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from math import ceil
from typing import Any

import numpy as np

from edge.decision.operating_points import thresholds_at
from edge.errors import RecordingError
from training.common.intervals import poisson_interval
from training.sound.evaluate.fast_spotter import Spotted
from training.sound.evaluate.long_audio import TrueWord
from training.sound.evaluate.trace import Outcome, Trace, false_origins, judge, rate_interval

log = logging.getLogger(__name__)

BUDGETS = (0.1, 0.25, 0.5, 1.0, 2.0, 5.0)  # false accepts an hour
BUDGET = 1.0
HEADROOM = 0.5  # the share of a budget that is used here: it must hold for other people and rooms
SMOOTHINGS = (0.2, 0.28)  # seconds; the one that hears most is taken. More would be late
SETTINGS: dict[str, Any] = {
    "kind": "spotting",
    "smoothing_s": 0.2,
    "refractory_s": 0.6,
    "release_ratio": 0.7,
    # A stranger's word said once is held for 1.1 s at most, at any threshold from 0.5; said twice,
    # 0.3 s apart, nearly always for more than 1.2 s.
    "max_hold_s": 1.2,
    # Of a hundred digits of strangers in short recordings two more are named for what they are, and
    # of a hundred other words two more are taken for digits. At five times: 0.5 and 1.3 more.
    "word_prior": 3.0,
}
# Close together near 1, where most of what is false ends.
GRID = np.round(1 / (1 + np.exp(-np.linspace(-1.4, 5.0, 65))), 4)
DEAF = 1.1  # times as much is heard without a word that keeps the others from being heard
CHANCE = 3  # times a word is falsely heard, before that says something of the word
ENOUGH = 10  # mistaken clips, to say how often each is

Heard = tuple[Trace, Sequence[TrueWord]]


def choose(
    heard: Sequence[Heard],
    silent: Sequence[str],
    budget: float = BUDGET,
    smoothings: Sequence[float] = SMOOTHINGS,
    cautious: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The settings of a decision, for what was heard and what was said, at each noise level.

    `silent` are the labels that are never events. No threshold is lower than that of the
    `cautious` decision for the same budget. Every point of the curve says what it was measured on:
    the `hours`, the `false` accepts in them and of how many different clips
    (`false_clips`), the rate an hour that so many may still stand for (`most`, 95 %), whether that
    is within what it promises (`resolved`), and the share of all words that was heard (`hits`).
    """
    labels = heard[0][0].labels
    words = [label for label in labels if label not in silent]
    said = {word.label for _, truth in heard for word in truth}
    missing = sorted(set(words) - said)
    if missing:
        raise RecordingError(
            f"nobody says {', '.join(missing)} in this audio, so no threshold can be chosen: "
            "give clips of them"
        )
    best: dict[str, Any] = {}
    for smoothing in smoothings:
        tried = {**SETTINGS, "background_labels": list(silent), "smoothing_s": smoothing}
        spotted = [Spotted(trace, tried) for trace, _ in heard]
        tried["strict_words"] = _held_back(heard, spotted, words, budget)
        budgets = {asked: _least(cautious, asked) for asked in sorted({*BUDGETS, budget})}
        points = _curve(heard, spotted, words, tried["strict_words"], budgets)
        point = points[budget]
        log.info("smoothing over %g s: %.1f %% of words heard", smoothing, 100 * point["hit_rate"])
        if not best or point["hit_rate"] > best["hit_rate"]:
            best = {"settings": tried, "operating_points": promises(points.values()), **point}
    found = {**best["settings"], "operating_points": best["operating_points"]}
    thresholds = thresholds_at(best["threshold"], words, found["strict_words"])
    found["thresholds"] = thresholds
    delays = [
        delay
        for trace, truth in heard
        for delay in _outcome(Spotted(trace, found), trace, truth, thresholds).delays
    ]
    found["delay_s"] = round(max(0.0, float(np.median(delays))), 2) if delays else 0.0
    unresolved = [f"{p['false_per_hour']:g}" for p in best["operating_points"] if not p["resolved"]]
    if unresolved:
        log.info(
            "%.1f h of sound, of so few clips, cannot show that %s an hour are kept to: "
            "%g an hour need %.0f h of different clips without a false accept",
            *(
                best["hours"],
                ", ".join(unresolved),
                BUDGETS[0],
                poisson_interval(0)[1] / BUDGETS[0],
            ),
        )
    return found


def _held_back(
    heard: Sequence[Heard], spotted: Sequence[Spotted], words: list[str], budget: float
) -> dict[str, float]:
    """The words that no threshold keeps within the budget, and those for which the others would be
    deaf; at the strictest threshold there is."""
    strictest = float(GRID[-1])
    point = _Point(heard, spotted, words, {}, strictest)
    held = {word: strictest for word in words if point.of(word) > HEADROOM * budget * point.hours}
    found, most = held, 0.0
    while len(held) < len(words):
        path = [_Point(heard, spotted, words, held, float(threshold)) for threshold in GRID[::-1]]
        hits = max((point.hits for point in path if point.within(budget)), default=0)
        if hits < most:
            return found
        found, most = held, DEAF * hits
        beyond = next((point for point in path if not point.within(budget)), None)
        if beyond is None:
            return found
        worst = max((word for word in words if word not in held), key=beyond.of)
        if beyond.of(worst) < max(CHANCE, beyond.false / 2):
            return found
        held = {**held, worst: strictest}
    return found


def _curve(
    heard: Sequence[Heard],
    spotted: Sequence[Spotted],
    words: list[str],
    held_back: Mapping[str, float],
    budgets: Mapping[float, float],
) -> dict[float, dict[str, Any]]:
    """A threshold for each budget, no lower than it has there, and what it did."""

    def tried(threshold: float) -> _Point:
        return _Point(heard, spotted, words, held_back, float(threshold))

    path = [tried(threshold) for threshold in GRID[::-1]]
    each = _false_of_each_clip(path)
    curve: dict[float, dict[str, Any]] = {}
    strictest, known = path[-1], max(budgets)
    for budget in sorted(budgets, reverse=True):
        allowed = [point for point in path if point.within(budget)] or path[:1]
        # Of those that hear as many, the strictest.
        chosen = max(allowed, key=lambda point: point.hits)
        chosen = tried(max(chosen.threshold, strictest.threshold))
        if HEADROOM * budget * chosen.hours >= 1:
            strictest, known = chosen, budget
        else:  # the audio is too short to tell: what is half as often wrong is twice as sure
            doubted = _less_likely(strictest.threshold, known / budget)
            chosen = tried(min(max(chosen.threshold, doubted), GRID[-1]))
        if chosen.threshold < budgets[budget]:
            chosen = tried(budgets[budget])
        curve[budget] = chosen.record(budget, rate_interval(chosen.outcomes, each)[1])
    return curve


def _least(decision: Mapping[str, Any] | None, budget: float) -> float:
    """The threshold that a decision has for a budget, or the strictest it has."""
    curve = (decision or {}).get("operating_points")
    if not curve:
        return 0.0
    within = [point for point in curve if point["false_per_hour"] <= budget] or curve[:1]
    return float(within[-1]["threshold"])


def promises(points: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """What the points keep to: those that were mistaken more often than their budget, for a word
    that is held back or for want of a stricter threshold, promise no less than was measured."""
    curve: dict[float, dict[str, Any]] = {}
    for point in points:
        measured = ceil(100 * point["false_accepts"] / max(point["hours"], 0.01)) / 100
        promised = max(point["false_per_hour"], measured)
        if promised not in curve or point["hit_rate"] > curve[promised]["hit_rate"]:
            resolved = point["upper_limit"] <= promised
            curve[promised] = {**point, "false_per_hour": promised, "resolved": resolved}
    return [curve[promised] for promised in sorted(curve)]


def _false_of_each_clip(path: Sequence[_Point]) -> float | None:
    """How often a clip is mistaken that ever is, where there are enough of them to tell."""
    for point in path:
        origins = false_origins(point.outcomes)
        if len(origins) >= ENOUGH:
            return origins.total() / len(origins)
    return None


def _less_likely(threshold: float, times: float) -> float:
    """The threshold at which the odds of being wrong are so many times smaller."""
    return round(threshold * times / (threshold * times + 1 - threshold), 4)


class _Point:
    """What a threshold does, with all words in play."""

    def __init__(
        self,
        heard: Sequence[Heard],
        spotted: Sequence[Spotted],
        words: Sequence[str],
        held_back: Mapping[str, float],
        threshold: float,
    ) -> None:
        self.threshold, self._held_back = threshold, held_back
        thresholds = thresholds_at(threshold, words, held_back)
        self.outcomes = [
            _outcome(one, trace, truth, thresholds)
            for one, (trace, truth) in zip(spotted, heard, strict=True)
        ]
        self.hits = sum(outcome.hits for outcome in self.outcomes)
        self.words = sum(outcome.words for outcome in self.outcomes)
        self.false = sum(outcome.false.total() for outcome in self.outcomes)
        self.hours = sum(outcome.seconds for outcome in self.outcomes) / 3600

    def record(self, budget: float, most: float) -> dict[str, Any]:
        return {
            "false_per_hour": budget,
            "threshold": self.threshold,
            "hours": round(self.hours, 2),
            "false_accepts": self.false,
            "false_accept_clips": len(false_origins(self.outcomes)),
            "upper_limit": round(most, 2),
            "hit_rate": round(self.hits / max(1, self.words), 4),
        }

    def of(self, word: str) -> int:
        """How often it was heard where it was not said."""
        return sum(outcome.by_label[word] for outcome in self.outcomes)

    def within(self, budget: float) -> bool:
        """Over all noise levels together: the hours of a day are not all loud.

        Of the words that are held back, no more is held against the others than half of it.
        """
        allowed = HEADROOM * budget * self.hours
        held_back = sum(self.of(word) for word in self._held_back)
        return self.false - held_back + min(held_back, allowed / 2) <= allowed


def _outcome(
    spotted: Spotted, trace: Trace, truth: Sequence[TrueWord], thresholds: Mapping[str, float]
) -> Outcome:
    return judge(spotted.heard(thresholds), truth, thresholds, trace.seconds)
