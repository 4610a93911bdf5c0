"""A fast SpottingDecision for scored audio, to try a thousand thresholds in seconds.

The best label of each window and its mean score do not depend on the thresholds. They are computed
once. A test compares the spotted words with those of SpottingDecision, one by one.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from edge.decision.running_speech import RunningSpeech
from edge.decision.spotting import TOLERANCE, SpottingSettings
from training.sound.evaluate.spotting.scored_audio import ScoredAudio, SpottedWord


class FastSpotter:
    """Scored audio, prepared for the settings of a decision except its thresholds."""

    def __init__(self, audio: ScoredAudio, settings: SpottingSettings) -> None:
        self.audio = audio
        self._release_ratio = settings.release_ratio
        self._refractory = settings.refractory_s - TOLERANCE
        self._max_hold = settings.max_hold_s - TOLERANCE
        scores, t = audio.scores.astype(np.float64), audio.t
        leader = scores.argmax(axis=1) if len(t) else np.empty(0, np.intp)
        run_starts = np.ones(len(t), bool)
        run_starts[1:] = (np.diff(leader) != 0) | (np.diff(t) > self._refractory)
        mean = _smoothed_leader_scores(scores, t, leader, settings.smoothing_s - TOLERANCE)
        # Background labels are never detections. All they do is end the run of a word.
        background = [audio.labels.index(label) for label in settings.background_labels]
        words = ~np.isin(leader, background)
        self._run = np.cumsum(run_starts)[words]
        self._leader, self._mean = leader[words], mean[words]
        self._score = scores[words, self._leader]
        self._t, self._decided_t = t[words], audio.decided_t[words]
        self._min_threshold = _min_thresholds(audio, settings)[words]

    def spot(self, thresholds: Mapping[str, float]) -> list[SpottedWord]:
        """Return the spotted words; words without a threshold are never spotted."""
        labels = self.audio.labels
        by_label = np.array([thresholds.get(label, np.inf) for label in labels])
        threshold = by_label[self._leader]
        above_release = self._score >= self._release_ratio * threshold
        releases = np.cumsum(~above_release)  # each window below the release level ends a hold
        detectable = self._mean >= np.maximum(threshold, self._min_threshold)
        candidates = np.flatnonzero(above_release & detectable)
        spotted_at = [-np.inf] * len(labels)
        held = (-1, -1)
        spotted = []
        for hold, decided_t, t, leader in zip(
            zip(self._run[candidates].tolist(), releases[candidates].tolist(), strict=True),
            self._decided_t[candidates].tolist(),
            self._t[candidates].tolist(),
            self._leader[candidates].tolist(),
            strict=True,
        ):
            if t - spotted_at[leader] < (self._max_hold if hold == held else self._refractory):
                continue
            held = hold
            spotted_at[leader] = t
            spotted.append(SpottedWord(decided_t, labels[leader]))
        return spotted


def _min_thresholds(audio: ScoredAudio, settings: SpottingSettings) -> NDArray[np.float64]:
    """Return the lowest threshold at each window: higher in running speech."""
    lowest = np.zeros(len(audio.t))
    if speech := settings.running_speech:
        running_speech = RunningSpeech(speech)
        scores = audio.scores[:, audio.labels.index(speech.label)]
        for k, (t, score) in enumerate(zip(audio.t.tolist(), scores.tolist(), strict=True)):
            if running_speech.update(t, score):
                lowest[k] = speech.min_threshold
    return lowest


def _smoothed_leader_scores(
    scores: NDArray[np.float64],
    t: NDArray[np.float64],
    leader: NDArray[np.intp],
    smoothing_s: float,
) -> NDArray[np.float64]:
    """Return for each window the mean score of its leader over the last `smoothing_s` seconds.

    The sum runs from old to new, as in SpottingDecision, so that both round alike.
    """
    count = len(t)
    lags = 1
    while lags < count and (t[lags:] - t[:-lags] < smoothing_s).any():
        lags += 1
    total, used = np.zeros(count), np.zeros(count, np.intp)
    windows = np.arange(count)
    for lag in range(lags - 1, -1, -1):
        later = windows[lag:]
        recent = later[t[later] - t[later - lag] < smoothing_s] if lag else later
        total[recent] += scores[recent - lag, leader[recent]]
        used[recent] += 1
    return total / np.maximum(used, 1)
