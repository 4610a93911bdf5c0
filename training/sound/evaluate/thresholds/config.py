"""Settings of the choice of thresholds, and of the decisions that come out of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

# Thresholds that are tried; close together near 1, where most false accepts end.
GRID = np.round(1 / (1 + np.exp(-np.linspace(-1.4, 5.0, 65))), 4)

SPOTTING_DEFAULTS: dict[str, Any] = {
    "kind": "spotting",
    "smoothing_s": 0.2,
    "refractory_s": 0.6,
    "release_ratio": 0.7,
    # A word that a new speaker says once is held for at most 1.1 s, at any threshold from 0.5 on;
    # a word said twice, 0.3 s apart, nearly always for more than 1.2 s.
    "max_hold_s": 1.2,
    # In short recordings by new speakers this makes two more of a hundred digits correct, and two
    # more of a hundred other words false digits. With a prior of five: 0.5 and 1.3 more.
    "word_prior": 3.0,
}
RUNNING_SPEECH: dict[str, Any] = {
    # With `kws`, an hour of readers (tools.make_talk) has 13 false accepts without this and 1 with
    # it. Of the words in mixed long audio it costs less than one in a hundred.
    "time_s": 10.0,
    "share": 0.6,
    "min_threshold": 0.995,
}
"""`running_speech` of a decision, without the label."""
"""The decision of a manifest, without labels and thresholds."""


@dataclass(frozen=True)
class ThresholdConfig:
    budgets: tuple[float, ...] = (0.1, 0.25, 0.5, 1.0, 2.0, 5.0)
    """False accepts per hour, each with an operating point."""
    budget: float = 1.0
    """False accepts per hour of the thresholds that the model uses by default."""
    headroom: float = 0.5
    """The share of a budget that may be used up here, since it must also hold for other speakers
    and other rooms."""
    lowest: bool = False
    """Of the thresholds within a budget choose the lowest, not the one with most hits: for words by
    machine voices, nearly all of which are hit at any threshold. People's words score lower."""
    smoothings_s: tuple[float, ...] = (0.2, 0.28)
    """The smoothing with most hits is chosen. Longer ones would delay detections."""
    strict_word_gain: float = 1.1
    """A word becomes a strict word if this raises the hits by such a factor."""
    min_false_accepts: int = 3
    """Of a strict word; fewer may be chance."""
    min_false_clips: int = 10
    """Clips with false accepts from which the false accepts per such clip can be estimated."""

    running_speech: Mapping[str, float] | None = field(default_factory=lambda: RUNNING_SPEECH)
    """The higher threshold in running speech, for models with a label for other words."""

    @property
    def all_budgets(self) -> list[float]:
        return sorted({*self.budgets, self.budget})
