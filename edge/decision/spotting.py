"""Spot words in a stream: from the scores of overlapping windows to one event for each word.

A state machine. A word is detected when its label leads and its mean score over the last moments
reaches its threshold. The word is then held, and is not detected again while it is held. It is
released when its score falls, when another label leads, or when it was held for longer than a word
that is said once. It can be detected again after its release and after the refractory time.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import inf
from operator import itemgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.decision import MAX_WORD_PRIOR, Decision, DecisionSettings, changed_thresholds
from edge.decision.operating_points import OperatingPoint, choose_point, thresholds_at
from edge.decision.running_speech import RunningSpeech, RunningSpeechSettings
from edge.events import Detection
from edge.features import Window
from edge.fields import FieldError, Fields

MAX_TIME_S = 60.0  # longer than any word or pause between two words
MAX_SMOOTHING_S = 10.0  # limits the memory for recent scores
MAX_WINDOWS_AHEAD = 8  # for which it is computed whether they can bring a detection
TOLERANCE = 1e-3  # s: times are sums of fractions, and 3 x 0.04 is not exactly 0.12


@dataclass(frozen=True)
class SpottingSettings(DecisionSettings):
    """All times are in seconds of sound."""

    thresholds: Mapping[str, float]
    """By word: the mean score at which it is detected."""
    smoothing_s: float
    """The mean is taken over this time. Windows that do not exist (the level gate was closed,
    samples were lost, the stream has just begun) do not count."""
    release_ratio: float
    """A held word is released below this part of its threshold. One window is enough: a mean would
    join two words into one."""
    refractory_s: float
    """The same word is not detected again within this time."""
    max_hold_s: float
    """A word is released after this time even if its score has not fallen: the score of a word that
    was said once falls earlier, so the word was said again."""
    delay_s: float
    """From the end of a word to the window that decides, as measured in training."""
    operating_points: tuple[OperatingPoint, ...]
    strict_words: Mapping[str, float]
    """Words with a higher threshold, because they alone would use up the budget of false
    accepts."""
    running_speech: RunningSpeechSettings | None = None
    """A higher threshold while people talk on and on."""

    @classmethod
    def from_manifest(cls, labels: Sequence[str], values: Mapping[str, Any]) -> SpottingSettings:
        fields = Fields(values, "decision")
        background = fields.texts("background_labels")
        if not set(background) <= set(labels):
            raise fields.error("background_labels", "not all of them are labels")
        words = [label for label in labels if label not in background]
        if not words:
            raise FieldError("every label is a background label")
        refractory = fields.number("refractory_s", 0, MAX_TIME_S)
        max_hold = fields.number("max_hold_s", 0, np.inf, np.inf)
        if max_hold <= refractory:
            raise fields.error("max_hold_s", f"give more than refractory_s, {refractory:g}")
        thresholds = fields.section("thresholds")
        return cls(
            background_labels=tuple(background),
            word_prior=fields.number("word_prior", 1, MAX_WORD_PRIOR, 1),
            thresholds=_thresholds(thresholds, words, words),
            smoothing_s=fields.number("smoothing_s", 0, MAX_SMOOTHING_S),
            release_ratio=fields.number("release_ratio", 0, 1),
            refractory_s=refractory,
            max_hold_s=max_hold,
            delay_s=fields.number("delay_s", 0, MAX_TIME_S, 0),
            operating_points=tuple(
                OperatingPoint.from_manifest(point) for point in fields.sections("operating_points")
            ),
            strict_words=_thresholds(fields.section("strict_words", {}), words),
            running_speech=(
                RunningSpeechSettings.from_manifest(background, fields.section("running_speech"))
                if "running_speech" in values
                else None
            ),
        )

    @property
    def usual_threshold(self) -> float:
        return Counter(self.thresholds.values()).most_common(1)[0][0]

    def with_threshold(self, threshold: float) -> SpottingSettings:
        return replace(self, thresholds=dict.fromkeys(self.thresholds, threshold))

    def with_thresholds(self, thresholds: Mapping[str, float]) -> SpottingSettings:
        return replace(self, thresholds=changed_thresholds(self.thresholds, thresholds))

    def with_budget(self, max_false_per_hour: float) -> SpottingSettings:
        point = choose_point(self.operating_points, max_false_per_hour)
        thresholds = thresholds_at(point.threshold, self.thresholds, self.strict_words)
        return replace(self, thresholds=thresholds)


class SpottingDecision(Decision):
    """Detects a word when its label leads and its mean score reaches its threshold.

    The `t` of a detection is an estimate of the end of the word: the time of the newest sample of
    the deciding window minus `delay_s`. Its `latency_ms` is the time from `t` to the newest sample
    that was needed, so the sum of both does not depend on `delay_s`.
    """

    settings_class = SpottingSettings

    def __init__(self, labels: Sequence[str], settings: SpottingSettings) -> None:
        self.labels = list(labels)
        self.change_settings(settings)
        self._recent: deque[tuple[float, list[float]]] = deque()
        self._detected_at = [-np.inf] * len(self.labels)
        self._held: int | None = None
        speech = settings.running_speech
        self._running_speech = RunningSpeech(speech) if speech else None
        self._other_words = self.labels.index(speech.label) if speech else 0
        self._min_threshold = speech.min_threshold if speech else 0.0

    def change_settings(self, settings: SpottingSettings) -> None:
        self._delay, self._release_ratio = settings.delay_s, settings.release_ratio
        self._thresholds = [settings.thresholds.get(label) for label in self.labels]
        self._lowest_threshold = min(settings.thresholds.values())
        self._smoothing = settings.smoothing_s - TOLERANCE
        self._refractory = settings.refractory_s - TOLERANCE
        self._max_hold = settings.max_hold_s - TOLERANCE

    def process(self, window: Window, scores: NDArray[np.float32]) -> Iterator[Detection]:
        now, t = scores.tolist(), window.t
        if len(now) != len(self.labels):
            raise ValueError(f"{len(now)} scores for {len(self.labels)} labels")
        speech = self._running_speech
        in_running_speech = speech is not None and speech.update(t, now[self._other_words])
        recent = self._recent
        if recent and t - recent[-1][0] > self._refractory:
            self._held = None  # after so long a gap the held word is over
        while recent and t - recent[0][0] >= self._smoothing:
            recent.popleft()
        recent.append((t, now))

        leader = now.index(max(now))
        held = self._held
        if held is not None and (leader != held or self._is_over(held, now[held], t)):
            held = self._held = None
        threshold = self._thresholds[leader]
        if threshold is None or leader == held or now[leader] < self._release_ratio * threshold:
            return
        if t - self._detected_at[leader] < self._refractory:
            return
        mean = sum([row[leader] for _, row in recent]) / len(recent)
        if mean >= threshold and not (in_running_speech and mean < self._min_threshold):
            self._held = leader
            self._detected_at[leader] = t
            yield self._detection(leader, mean, window)

    def next_detection_t(self) -> float:
        """See `Decision`. Even if all scores of a word are 1 from now on, its mean reaches the
        threshold only with several of them. A word is not ready in its refractory time."""
        recent = self._recent
        if len(recent) < 2:
            return -inf
        newest = recent[-1][0]
        step = newest - recent[-2][0]
        farthest = newest + MAX_WINDOWS_AHEAD * step
        ready = [
            index
            for index, threshold in enumerate(self._thresholds)
            if threshold is not None and farthest - self._detected_at[index] >= self._refractory
        ]
        if not ready:
            return farthest
        of_ready = itemgetter(*ready, ready[0])  # a tuple, also of a single score
        best = [(t, max(of_ready(scores))) for t, scores in recent]
        for count in range(1, MAX_WINDOWS_AHEAD):
            next_t = newest + count * step
            left = [score for t, score in best if next_t - t < self._smoothing]
            if sum(left) + count >= self._lowest_threshold * (len(left) + count):
                return next_t
        return farthest

    def _is_over(self, held: int, score: float, t: float) -> bool:
        threshold = self._thresholds[held]
        assert threshold is not None  # a background label is never held
        return (
            score < self._release_ratio * threshold or t - self._detected_at[held] >= self._max_hold
        )

    def _detection(self, leader: int, mean: float, window: Window) -> Detection:
        columns = zip(*(row for _, row in self._recent), strict=True)
        means = (sum(column) / len(self._recent) for column in columns)
        by_label = dict(zip(self.labels, means, strict=True))
        t = window.t - self._delay
        waited_ms = (window.decided_t - t) * 1000
        return Detection(self.labels[leader], mean, t, waited_ms, by_label, window.trajectory)


def _thresholds(
    fields: Fields, words: Sequence[str], required: Sequence[str] = ()
) -> dict[str, float]:
    """The thresholds by word; FieldError if a required one is missing."""
    for name in fields.values:
        if name not in words:
            raise fields.error(name, "it is not a word of the model")
    return {name: fields.number(name, 0, 1) for name in required or fields.values}
