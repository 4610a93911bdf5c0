"""Words in endless sound: from overlapping windows, each of them longer than a word, to one event
for each word that was said.

It is one small machine. A word is heard when it leads and its mean score over the last moments
reaches its threshold; then it is held, and no more than held, until its score has fallen, or for
longer than a word said once can be. It can be heard again once it was let go and the refractory
time is over.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.decision import Decision
from edge.errors import ModelError
from edge.events import Detection
from edge.features import Window

SLACK = 1e-3  # s: times are sums of fractions, and 3 x 0.04 is now more, now less than 0.12


class SpottingDecision(Decision):
    """`settings` of the manifest, all times in seconds of sound:

    silent: labels that are never events; they compete like all others.
    thresholds: by word; the mean score that makes it heard.
    smoothing_s: how far back the mean goes. Windows that do not exist do not count, be it that the
        level gate was closed, that samples were lost, or that the stream has just begun.
    release: part of the threshold below which a held word is let go. One window is enough, for a
        mean would run two words into one. So is a window in which another label leads.
    refractory_s: the same word is not heard again so soon.
    held_s: so long after it was heard a word is let go, though its score has not fallen: said once
        it would have, so it has been said again (default: never).
    delay_s: from the end of a word to the window that decides, as the training measured it
        (default 0).
    curve: [{"false_per_hour": 0.5, "threshold": 0.9}, ...], for `limit`: one for all words ...
    held_back: {"five": 0.99}: ... but for those that would leave others no budget (default none).
    asked: nothing to do with streams, see edge.decision.word_prior.

    A detection's `t` is the time of the deciding window's newest sample less `delay_s`: an
    estimate of the word's end, and with a delay_s of 0 the moment by which it was heard. Its
    `latency_ms` is from there to the newest sample that was needed, so `t` and `latency_ms`
    together are when the event could be known, whatever delay_s is.
    """

    def __init__(self, labels: Sequence[str], settings: Mapping[str, Any]) -> None:
        self.labels = list(labels)
        silent = settings["silent"]
        if not set(silent) <= set(self.labels) or isinstance(silent, str):
            raise ValueError(f"silent is {silent!r}, not all of which are labels")
        self._thresholds = _by_label(self.labels, silent, settings["thresholds"])
        for entry in settings.get("curve", ()):
            _threshold(entry["threshold"], "every word")
            _positive(entry["false_per_hour"])
        words = settings["thresholds"]
        _by_label(self.labels, silent, at(1.0, words, settings.get("held_back", {})))
        self._smoothing = _positive(settings["smoothing_s"]) - SLACK
        self._refractory = _positive(settings["refractory_s"]) - SLACK
        self._longest = float(settings.get("held_s", np.inf)) - SLACK
        if not self._longest > self._refractory:
            raise ValueError(f"held_s is {settings['held_s']}, within the refractory time")
        self._delay = _positive(settings.get("delay_s", 0.0))
        self._release = _positive(settings["release"])
        if self._release > 1:
            raise ValueError(f"release is {self._release}, not a part of the threshold")
        self._recent: deque[tuple[float, list[float]]] = deque()
        self._heard_at = [-np.inf] * len(self.labels)
        self._held: int | None = None

    def process(self, window: Window, scores: NDArray[np.float32]) -> Iterator[Detection]:
        now, t = scores.tolist(), window.t
        if len(now) != len(self.labels):
            raise ValueError(f"{len(now)} scores for {len(self.labels)} labels")
        recent = self._recent
        if recent and t - recent[-1][0] > self._refractory:
            self._held = None  # whatever it was, it is not there any more
        while recent and t - recent[0][0] >= self._smoothing:
            recent.popleft()
        recent.append((t, now))

        leader = now.index(max(now))
        held = self._held
        if held is not None and (leader != held or self._is_over(held, now[held], t)):
            held = self._held = None
        threshold = self._thresholds[leader]
        if threshold is None or leader == held or now[leader] < self._release * threshold:
            return
        if t - self._heard_at[leader] < self._refractory:
            return
        mean = sum([row[leader] for _, row in recent]) / len(recent)
        if mean >= threshold:
            self._held = leader
            self._heard_at[leader] = t
            yield self._detection(leader, mean, window)

    def _is_over(self, held: int, score: float, t: float) -> bool:
        threshold = self._thresholds[held]
        assert threshold is not None  # only words are held
        return score < self._release * threshold or t - self._heard_at[held] >= self._longest

    def _detection(self, leader: int, mean: float, window: Window) -> Detection:
        columns = zip(*(row for _, row in self._recent), strict=True)
        means = (sum(column) / len(self._recent) for column in columns)
        by_label = dict(zip(self.labels, means, strict=True))
        t = window.t - self._delay
        waited_ms = (window.decided_t - t) * 1000
        return Detection(self.labels[leader], mean, t, waited_ms, by_label, window.trajectory)


def limit(settings: Mapping[str, Any], max_false_per_hour: float) -> dict[str, Any]:
    """The settings with the least strict threshold that was measured to keep to the budget."""
    curve = settings.get("curve")
    if not curve:
        raise ModelError(
            "nobody measured how often this model is mistaken in an hour: "
            "leave --max-false-per-hour out, or train it again"
        )
    within = [entry for entry in curve if entry["false_per_hour"] <= max_false_per_hour]
    if not within:
        least = min(entry["false_per_hour"] for entry in curve)
        raise ModelError(
            f"{max_false_per_hour:g} false words an hour are fewer than this model can promise: "
            f"give --max-false-per-hour {least:g} or more"
        )
    best = max(within, key=lambda entry: entry["false_per_hour"])
    held_back = settings.get("held_back", {})
    return {**settings, "thresholds": at(best["threshold"], settings["thresholds"], held_back)}


def at(threshold: float, words: Iterable[str], held_back: Mapping[str, float]) -> dict[str, float]:
    """The thresholds of all words; those that are held back have a stricter one of their own."""
    return {**dict.fromkeys(words, threshold), **held_back}


def _by_label(
    labels: Sequence[str], silent: Sequence[str], thresholds: Mapping[str, float]
) -> list[float | None]:
    """The threshold of each label, None for those that are never events."""
    for word in thresholds:
        if word not in labels or word in silent:
            raise ValueError(f"a threshold for {word!r}, which is no word of the labels")
    words = [label for label in labels if label not in silent]
    if not words:
        raise ValueError("not one label is a word")
    found = {word: _threshold(thresholds[word], repr(word)) for word in words}
    return [found.get(label) for label in labels]


def _threshold(value: float, word: str) -> float:
    threshold = _positive(value)
    if threshold > 1:
        raise ValueError(f"the threshold of {word} is {threshold}, and no score is over 1")
    return threshold


def _positive(value: float) -> float:
    number = float(value)
    if not 0 <= number < np.inf:
        raise ValueError(f"{value!r}, where a number of 0 or more is needed")
    return number
