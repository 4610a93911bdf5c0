"""Clip accuracy: per label, with its confidence interval, int8 beside float.

Also the share of clips that reach the thresholds of a stream.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from training.common.confusion import most_confused
from training.common.intervals import wilson_interval
from training.sound.evaluate.clip_accuracy.scores import ClipScores


def clip_figures(scores: ClipScores, thresholds: Mapping[str, float]) -> dict[str, Any]:
    """Return all figures of clip accuracy, for `--json` and for `tables.clip_table`."""
    confusion = scores.confusion()
    labels = (_label_figures(scores, k) for k in range(len(scores.labels)))
    return {
        "clips": len(scores.truth),
        "speakers": scores.speakers,
        **_accuracies(scores),
        "classes": [figures for figures in labels if figures["clips"]],
        "confusion": {"labels": scores.labels, "counts": confusion.tolist()},
        "accepted": accepted_clips(scores, thresholds),
    }


def _label_figures(scores: ClipScores, label: int) -> dict[str, Any]:
    other = most_confused(scores.confusion(), label)
    taken_for = {"label": scores.labels[other[0]], "clips": other[1]} if other else None
    clips = scores.correct(scores.int8, label)[1]
    return {
        "label": scores.labels[label],
        "clips": clips,
        **(_accuracies(scores, label) if clips else {}),
        "taken_for": taken_for,
    }


def _accuracies(scores: ClipScores, label: int | None = None) -> dict[str, Any]:
    correct, clips = scores.correct(scores.int8, label)
    by_float = (
        scores.correct(scores.float32, label)[0] / clips if scores.float32 is not None else None
    )
    return {
        "int8": correct / clips,
        "interval": wilson_interval(correct, clips),
        "float": by_float,
    }


def accepted_clips(scores: ClipScores, thresholds: Mapping[str, float]) -> dict[str, Any]:
    """Return how many clips are accepted where the best label must reach its threshold.

    The scores are those without the word prior, as in a stream.
    """
    limits = np.array([thresholds.get(label, np.inf) for label in scores.labels])
    best = scores.without_prior.argmax(axis=1)
    accepted = scores.without_prior.max(axis=1) >= limits[best]
    is_word = np.isfinite(limits)[scores.truth]
    correct = accepted & (best == scores.truth)
    counts = {
        "right": (correct & is_word, is_word),
        "mistaken": (accepted & ~correct & is_word, is_word),
        "false": (accepted & ~is_word, ~is_word),
    }
    figures: dict[str, Any] = {}
    for name, (clips, among) in counts.items():
        count, of = int(clips.sum()), int(among.sum())
        figures[name] = {"clips": count, "of": of, "interval": wilson_interval(count, of)}
    return figures
