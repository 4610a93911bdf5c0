"""Operating points: a threshold for each budget of false accepts, and what was measured with it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import ceil
from typing import Any

from training.sound.evaluate.spotting.result import false_accepts_by_clip, false_per_hour_interval
from training.sound.evaluate.thresholds.config import GRID
from training.sound.evaluate.thresholds.trial import Sweep, Trial

OperatingPoint = dict[str, Any]
"""As in the manifest:
false_per_hour       the budget
threshold            of all words but the strict words
hours                of audio, all noise levels together
false_accepts        in these hours
false_accept_clips   the clips in which they happened
upper_limit          of the false accepts per hour, 95 %
hit_rate             the share of all words that were hit
resolved             whether upper_limit is within the budget"""


def measure_operating_points(
    sweep: Sweep, min_thresholds: Mapping[float, float]
) -> dict[float, OperatingPoint]:
    """Return an operating point for each budget, from the largest to the smallest.

    `min_thresholds` has all budgets, and the lowest threshold that each may have.
    """
    trials = sweep.trials()
    false_per_clip = _false_accepts_per_clip(trials, sweep.config.min_false_clips)
    points: dict[float, OperatingPoint] = {}
    strictest, measured_budget = trials[-1], max(min_thresholds)
    for budget in sorted(min_thresholds, reverse=True):
        allowed = [trial for trial in trials if trial.is_within(budget)] or trials[:1]
        # The strictest trial is the first one, also of several with as many hits.
        most_hits = max(allowed, key=lambda trial: trial.hits)
        chosen = allowed[-1] if sweep.config.lowest else most_hits
        chosen = sweep.trial(max(chosen.threshold, strictest.threshold))
        if chosen.allowed_false_accepts(budget) >= 1:
            strictest, measured_budget = chosen, budget
        else:  # the audio is too short to measure this budget
            threshold = extrapolate(strictest.threshold, measured_budget / budget)
            chosen = sweep.trial(min(max(chosen.threshold, threshold), GRID[-1]))
        if chosen.threshold < min_thresholds[budget]:
            chosen = sweep.trial(min_thresholds[budget])
        points[budget] = _operating_point(chosen, budget, false_per_clip)
    return points


def extrapolate(threshold: float, factor: float) -> float:
    """Return the threshold at which the odds of a false accept are smaller by the factor."""
    return round(threshold * factor / (threshold * factor + 1 - threshold), 4)


def _false_accepts_per_clip(trials: Sequence[Trial], min_clips: int) -> float | None:
    """Return the mean over the clips that have any, or None if there are too few such clips."""
    for trial in trials:
        by_clip = false_accepts_by_clip(trial.results)
        if len(by_clip) >= min_clips:
            return by_clip.total() / len(by_clip)
    return None


def _operating_point(trial: Trial, budget: float, false_per_clip: float | None) -> OperatingPoint:
    return {
        "false_per_hour": budget,
        "threshold": trial.threshold,
        "hours": round(trial.hours, 2),
        "false_accepts": trial.false_accepts,
        "false_accept_clips": len(false_accepts_by_clip(trial.results)),
        "upper_limit": round(false_per_hour_interval(trial.results, false_per_clip)[1], 2),
        "hit_rate": round(trial.hit_rate, 4),
    }


def raise_exceeded_budgets(points: Iterable[OperatingPoint]) -> list[OperatingPoint]:
    """Raise each budget that was exceeded to the measured false accepts per hour.

    A budget is exceeded because of a strict word, or because there is no stricter threshold. Return
    the points from small to large budgets.
    """
    by_budget: dict[float, OperatingPoint] = {}
    for point in points:
        measured = ceil(100 * point["false_accepts"] / max(point["hours"], 0.01)) / 100
        budget = max(point["false_per_hour"], measured)
        if budget not in by_budget or point["hit_rate"] > by_budget[budget]["hit_rate"]:
            resolved = point["upper_limit"] <= budget
            by_budget[budget] = {**point, "false_per_hour": budget, "resolved": resolved}
    return [by_budget[budget] for budget in sorted(by_budget)]


def min_threshold(decision: Mapping[str, Any] | None, budget: float) -> float:
    """Return the threshold of a base model's decision for this budget, or its strictest; else 0."""
    points = (decision or {}).get("operating_points")
    if not points:
        return 0.0
    within = [point for point in points if point["false_per_hour"] <= budget] or points[:1]
    return float(within[-1]["threshold"])
