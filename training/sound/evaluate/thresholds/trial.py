"""The result of one threshold for all words on all scored audio."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from edge.decision.operating_points import thresholds_at
from training.sound.evaluate.spotting.fast_spotter import FastSpotter
from training.sound.evaluate.spotting.matching import match_words
from training.sound.evaluate.spotting.result import SpottingResult
from training.sound.evaluate.thresholds.config import GRID, ThresholdConfig


@dataclass(frozen=True)
class Trial:
    threshold: float
    """Of all words but the strict words."""
    strict_words: Mapping[str, float]
    headroom: float
    results: list[SpottingResult] = field(repr=False)
    """One for each noise level."""

    @property
    def hits(self) -> int:
        return sum(result.hits for result in self.results)

    @property
    def hit_rate(self) -> float:
        return self.hits / max(1, sum(result.words for result in self.results))

    @property
    def hours(self) -> float:
        return sum(result.seconds for result in self.results) / 3600

    @property
    def false_accepts(self) -> int:
        return sum(result.false_accepts.total() for result in self.results)

    def false_accepts_of(self, word: str) -> int:
        return sum(result.false_by_label[word] for result in self.results)

    def allowed_false_accepts(self, budget: float) -> float:
        """Return how many false accepts the budget allows in this audio, with headroom."""
        return self.headroom * budget * self.hours

    def is_within(self, budget: float) -> bool:
        """Compare with all noise levels together, since not all hours of a day are noisy.

        The false accepts of strict words take at most half of the budget from the other words.
        """
        allowed = self.allowed_false_accepts(budget)
        strict = sum(self.false_accepts_of(word) for word in self.strict_words)
        return self.false_accepts - strict + min(strict, allowed / 2) <= allowed


@dataclass(frozen=True)
class Sweep:
    """Tries thresholds on scored audio."""

    spotters: Sequence[FastSpotter]
    words: Sequence[str]
    strict_words: Mapping[str, float]
    config: ThresholdConfig

    def trial(self, threshold: float) -> Trial:
        thresholds = thresholds_at(threshold, self.words, self.strict_words)
        results = [
            match_words(spotter.spot(thresholds), spotter.audio, thresholds)
            for spotter in self.spotters
        ]
        return Trial(threshold, self.strict_words, self.config.headroom, results)

    def trials(self) -> list[Trial]:
        """Try every threshold of the grid, from the strictest to the lowest."""
        return [self.trial(float(threshold)) for threshold in GRID[::-1]]
