"""Operating points: thresholds with the false accepts per hour that were measured at each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from edge.errors import ModelError
from edge.fields import Fields

MAX_FALSE_PER_HOUR = 1e6  # more than there are windows in an hour


@dataclass(frozen=True)
class OperatingPoint:
    """One threshold for all words but the strict ones, as training measured it."""

    false_per_hour: float
    threshold: float
    hit_rate: float | None = None
    """The share of words that training found at it; None if it was not measured."""

    @classmethod
    def from_manifest(cls, fields: Fields) -> OperatingPoint:
        return cls(
            false_per_hour=fields.number("false_per_hour", 0, MAX_FALSE_PER_HOUR),
            threshold=fields.number("threshold", 0, 1),
            hit_rate=fields.number("hit_rate", 0, 1) if "hit_rate" in fields.values else None,
        )


def choose_point(points: Sequence[OperatingPoint], max_false_per_hour: float) -> OperatingPoint:
    """The least strict operating point within the budget; ModelError if there is none."""
    if not points:
        raise ModelError(
            "the false accepts per hour of this model were not measured: "
            "leave --max-false-per-hour out, or train the model again"
        )
    within = [point for point in points if point.false_per_hour <= max_false_per_hour]
    if not within:
        least = min(point.false_per_hour for point in points)
        raise ModelError(
            f"no threshold of this model keeps to {max_false_per_hour:g} false accepts per hour: "
            f"give --max-false-per-hour {least:g} or more"
        )
    return max(within, key=lambda point: point.false_per_hour)


def thresholds_at(
    threshold: float, words: Iterable[str], strict_words: Mapping[str, float]
) -> dict[str, float]:
    """The thresholds of all words; strict words keep a higher one of their own."""
    return {**dict.fromkeys(words, threshold), **strict_words}
