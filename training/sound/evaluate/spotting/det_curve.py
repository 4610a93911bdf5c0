"""The detection error trade-off (DET): missed words against false accepts per hour."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping

import numpy as np

from edge.decision.spotting import SpottingSettings
from training.sound.evaluate.spotting.fast_spotter import FastSpotter
from training.sound.evaluate.spotting.matching import match_words
from training.sound.evaluate.spotting.scored_audio import ScoredAudio

LOG_ODDS_SHIFTS = np.linspace(-4, 4, 41)  # of all thresholds together; one point of the curve each
MIN_THRESHOLD = 1e-4  # and 1 - MIN_THRESHOLD: thresholds of 0 and 1 have no log odds


def det_curve(
    audio: ScoredAudio, settings: SpottingSettings, words: Collection[str]
) -> list[tuple[float, float]]:
    """Return points of false accepts per hour and miss rate, while all thresholds move together."""
    spotter = FastSpotter(audio, settings)
    points = []
    for shift in LOG_ODDS_SHIFTS:
        result = match_words(spotter.spot(_shifted(settings.thresholds, shift)), audio, words)
        points.append((result.false_per_hour, result.miss_rate))
    return points


def _shifted(thresholds: Mapping[str, float], shift: float) -> dict[str, float]:
    moved = {}
    for word, threshold in thresholds.items():
        inside = min(max(threshold, MIN_THRESHOLD), 1 - MIN_THRESHOLD)
        log_odds = math.log(inside / (1 - inside)) + shift
        moved[word] = 1 / (1 + math.exp(-log_odds))
    return moved
