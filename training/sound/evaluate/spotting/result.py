"""The result of spotting in long audio: hits, misses, false accepts and delays."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from training.common.intervals import poisson_interval


@dataclass(frozen=True)
class SpottingResult:
    words: int
    """Target words in the ground truth."""
    hits: int
    delays: list[float] = field(repr=False)
    """Of each hit, in seconds from the end of the word; negative if before the end."""
    false_accepts: Counter[str]
    """By cause: "another word" was said, the same word was spotted "twice", or "no word"."""
    seconds: float
    misses: Counter[str] = field(repr=False, default_factory=Counter)
    """By label."""
    false_by_label: Counter[str] = field(repr=False, default_factory=Counter)
    """False accepts by the label that was spotted."""
    false_by_clip: Counter[str] = field(repr=False, default_factory=Counter)
    """False accepts by the clip in which they happened; outside of clips each counts by itself."""
    plays: Counter[str] = field(repr=False, default_factory=Counter)
    """How often each clip is played."""

    @property
    def hours(self) -> float:
        return self.seconds / 3600

    @property
    def false_per_hour(self) -> float:
        return self.false_accepts.total() * 3600 / self.seconds

    @property
    def miss_rate(self) -> float:
        """The share of the target words that were missed."""
        return 1 - self.hits / max(1, self.words)


def false_accepts_by_clip(results: Sequence[SpottingResult]) -> Counter[str]:
    """Return the false accepts of all results together, by the clip in which they happened."""
    together: Counter[str] = Counter()
    for result in results:
        together += result.false_by_clip
    return together


def false_per_hour_interval(
    results: Sequence[SpottingResult], false_per_clip: float | None = None
) -> tuple[float, float]:
    """95 % interval of the false accepts per hour with other speakers.

    A clip that causes a false accept whenever it is played is one observation. So the interval is
    that of the number of such clips, times the false accepts that each causes. Where there is no
    such clip, `false_per_clip` says how many it would cause; by default as many as a clip is
    played.
    """
    by_clip, plays = false_accepts_by_clip(results), Counter[str]()
    for result in results:
        plays += result.plays
    if by_clip:
        false_per_clip = by_clip.total() / len(by_clip)
    elif false_per_clip is None:
        false_per_clip = max(1.0, plays.total() / max(1, len(plays)))
    hours = sum(result.seconds for result in results) / 3600
    low, high = poisson_interval(len(by_clip))
    return low * false_per_clip / hours, high * false_per_clip / hours
