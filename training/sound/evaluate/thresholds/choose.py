"""From scored audio to the decision of a manifest: smoothing, thresholds, operating points."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from edge.decision.operating_points import thresholds_at
from edge.decision.spotting import SpottingSettings
from edge.errors import RecordingError
from training.common.intervals import poisson_interval
from training.sound.data.words import UNKNOWN
from training.sound.evaluate.spotting.fast_spotter import FastSpotter
from training.sound.evaluate.spotting.scored_audio import ScoredAudio
from training.sound.evaluate.thresholds.config import SPOTTING_DEFAULTS, ThresholdConfig
from training.sound.evaluate.thresholds.operating_points import (
    OperatingPoint,
    measure_operating_points,
    min_threshold,
    raise_exceeded_budgets,
)
from training.sound.evaluate.thresholds.strict_words import choose_strict_words
from training.sound.evaluate.thresholds.trial import Sweep

log = logging.getLogger(__name__)

DEFAULTS = ThresholdConfig()


@dataclass(frozen=True)
class _Choice:
    """The operating points of one smoothing."""

    decision: dict[str, Any]
    """Of the manifest, without thresholds and operating points."""
    sweep: Sweep
    points: list[OperatingPoint]
    default: OperatingPoint
    """The point of the default budget."""


def choose_thresholds(
    audios: Sequence[ScoredAudio],
    background_labels: Sequence[str],
    config: ThresholdConfig = DEFAULTS,
    base_decision: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return the decision of a manifest.

    No threshold is lower than that of the `base_decision` for the same budget. RecordingError if
    the audio does not contain every word.
    """
    words = [label for label in audios[0].labels if label not in background_labels]
    _check_words(audios, words)
    choices = [
        _choose_with_smoothing(audios, background_labels, words, smoothing_s, config, base_decision)
        for smoothing_s in config.smoothings_s
    ]
    best = max(choices, key=lambda choice: choice.default["hit_rate"])
    _log_unresolved(best.points, best.default["hours"], min(config.all_budgets))
    threshold = best.default["threshold"]
    return {
        **best.decision,
        "operating_points": best.points,
        "thresholds": thresholds_at(threshold, words, best.sweep.strict_words),
        "delay_s": _median_delay(best.sweep, threshold),
    }


def _check_words(audios: Sequence[ScoredAudio], words: Sequence[str]) -> None:
    missing = sorted(set(words) - {word.label for audio in audios for word in audio.words})
    if missing:
        raise RecordingError(
            f"no clips of {', '.join(missing)} in this audio, so no threshold can be chosen: "
            "add some"
        )


def _choose_with_smoothing(
    audios: Sequence[ScoredAudio],
    background_labels: Sequence[str],
    words: Sequence[str],
    smoothing_s: float,
    config: ThresholdConfig,
    base_decision: Mapping[str, Any] | None,
) -> _Choice:
    decision = {
        **SPOTTING_DEFAULTS,
        "background_labels": list(background_labels),
        "smoothing_s": smoothing_s,
    }
    if config.running_speech and UNKNOWN in background_labels:
        decision["running_speech"] = {"label": UNKNOWN, **config.running_speech}
    # The fast spotter is given its thresholds later; those of the settings are not used.
    unused = {"thresholds": dict.fromkeys(words, 1.0)}
    settings = SpottingSettings.from_manifest(audios[0].labels, {**decision, **unused})
    sweep = Sweep([FastSpotter(audio, settings) for audio in audios], words, {}, config)
    strict_words = choose_strict_words(sweep)
    sweep = Sweep(sweep.spotters, words, strict_words, config)
    min_thresholds = {b: min_threshold(base_decision, b) for b in config.all_budgets}
    points = measure_operating_points(sweep, min_thresholds)
    default = points[config.budget]
    log.info("smoothing over %g s: hit rate %.1f %%", smoothing_s, 100 * default["hit_rate"])
    decision["strict_words"] = strict_words
    return _Choice(decision, sweep, raise_exceeded_budgets(points.values()), default)


def _median_delay(sweep: Sweep, threshold: float) -> float:
    """Return the median delay of the hits, in seconds; 0 if they come before the end of words."""
    delays = [delay for result in sweep.trial(threshold).results for delay in result.delays]
    return round(max(0.0, float(np.median(delays))), 2) if delays else 0.0


def _log_unresolved(points: Sequence[OperatingPoint], hours: float, smallest: float) -> None:
    unresolved = [f"{point['false_per_hour']:g}" for point in points if not point["resolved"]]
    if unresolved:
        log.info(
            "%.1f h of audio from so few clips cannot show that the model keeps to %s false "
            "accepts per hour: %g per hour need %.0f h of different clips without a false accept",
            *(hours, ", ".join(unresolved), smallest, poisson_interval(0)[1] / smallest),
        )
