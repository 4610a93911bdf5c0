"""Operating points: thresholds with the false accepts per hour that were measured at each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from edge.decision.numbers import non_negative, threshold_value
from edge.errors import ModelError


@dataclass(frozen=True)
class OperatingPoint:
    """One threshold for all words but the strict ones, as training measured it."""

    false_per_hour: float
    threshold: float

    @classmethod
    def from_manifest(cls, values: Mapping[str, Any]) -> OperatingPoint:
        return cls(
            false_per_hour=non_negative(values["false_per_hour"]),
            threshold=threshold_value(values["threshold"], "every word"),
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
