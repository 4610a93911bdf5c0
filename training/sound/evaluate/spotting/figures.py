"""The accuracy of a model on long audio: hits, false accepts per hour and delays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from edge.decision.spotting import SpottingDecision, SpottingSettings
from edge.model import Model
from training.common.intervals import wilson_interval
from training.sound.evaluate.long_audio import LongAudio
from training.sound.evaluate.spotting.matching import match_words, words_without_windows
from training.sound.evaluate.spotting.result import SpottingResult, false_per_hour_interval
from training.sound.evaluate.spotting.scored_audio import (
    ScoredAudio,
    run_decision,
    run_features_and_network,
)


@dataclass(frozen=True)
class LongAudioResult:
    name: str
    """Of the audio: its noise level, or the file of a recording."""
    scored: ScoredAudio
    result: SpottingResult
    words_without_windows: int
    """Target words that the level gate kept from the network."""


def spot_words(
    model: Model, audio: LongAudio, settings: SpottingSettings, words: Sequence[str]
) -> LongAudioResult:
    """Run features, network and decision as live, and match the words with the ground truth."""
    scored = run_features_and_network(model, audio)
    spotted = run_decision(scored, SpottingDecision(model.labels, settings))
    result = match_words(spotted, scored, words)
    return LongAudioResult(audio.name, scored, result, words_without_windows(scored, words))


def long_audio_figures(level: LongAudioResult) -> dict[str, Any]:
    """Return the figures of one audio, for `--json` and for the table."""
    result = level.result
    delays = result.delays
    median, p90 = map(float, np.quantile(delays, [0.5, 0.9])) if delays else (None, None)
    return {
        "name": level.name,
        "hours": result.hours,
        "words": result.words,
        "hits": result.hits,
        "share": result.hits / result.words if result.words else None,
        "share_interval": wilson_interval(result.hits, result.words),
        "false": result.false_accepts.total(),
        "false_per_hour": result.false_per_hour,
        "false_per_hour_interval": false_per_hour_interval([result]),
        "false_clips": len(result.false_by_clip),
        "clips": len(result.plays),
        "false_by_cause": dict(result.false_accepts),
        "false_by_label": dict(result.false_by_label.most_common()),
        "missed_by_word": dict(result.misses.most_common()),
        "delay_median_s": median,
        "delay_p90_s": p90,
        "asked": level.scored.gate_open_share(),
        "withheld": level.words_without_windows,
    }
