"""The settings of stroke decisions in a model's manifest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import median
from typing import Any

from edge.decision import MAX_WORD_PRIOR, DecisionSettings, changed_thresholds
from edge.features.motion.views import VIEW_NAMES
from edge.fields import FieldError, Fields

ONLY_BOTH = {"both": 1.0}
MAX_WEIGHT = 1000.0


@dataclass(frozen=True)
class StrokeSettings(DecisionSettings):
    thresholds: Mapping[str, float]
    """By digit: the probability at which a stroke of a stream is detected."""
    recording_thresholds: Mapping[str, float]
    """The same for the stroke of a recording, in which no handling of the sensor is expected."""
    none_label: str
    upside_down_label: str
    """The label of a stroke under the wrong sign of its lateral axis; no event has it."""
    view_weights: tuple[float, ...] = (1.0, 0.0, 0.0)
    """How much each of VIEW_NAMES counts. A model of an older version has none in its manifest:
    its network scores both trajectories together only."""

    @classmethod
    def from_manifest(cls, labels: Sequence[str], values: Mapping[str, Any]) -> StrokeSettings:
        fields = Fields(values, "decision")
        none, upside_down = fields.text("none_label"), fields.text("upside_down_label")
        for key, label in (("none_label", none), ("upside_down_label", upside_down)):
            if label not in labels:
                raise fields.error(key, "it is not a label")
        if none == upside_down:
            raise fields.error("upside_down_label", "it is the none_label")
        digits = [label for label in labels if label not in (none, upside_down)]
        if not digits:
            raise FieldError("every label is a background label")
        return cls(
            background_labels=(none, upside_down),
            word_prior=fields.number("word_prior", 1, MAX_WORD_PRIOR, 1),
            thresholds=_thresholds(fields.section("thresholds"), digits),
            recording_thresholds=_thresholds(fields.section("recording_thresholds"), digits),
            none_label=none,
            upside_down_label=upside_down,
            view_weights=_view_weights(fields),
        )

    @property
    def usual_threshold(self) -> float:
        return median(self.thresholds.values())

    @property
    def internal_labels(self) -> tuple[str, ...]:
        return (self.upside_down_label,)

    def accepts_recording(self, label: str, score: float) -> bool | None:
        return label != self.none_label and score >= self.recording_thresholds[label]

    def with_threshold(self, threshold: float) -> StrokeSettings:
        return replace(self, thresholds=dict.fromkeys(self.thresholds, threshold))

    def with_thresholds(self, thresholds: Mapping[str, float]) -> StrokeSettings:
        return replace(self, thresholds=changed_thresholds(self.thresholds, thresholds))


def _view_weights(fields: Fields) -> tuple[float, ...]:
    weights = fields.section("view_weights", ONLY_BOTH)
    weights.refuse_others(VIEW_NAMES)
    found = tuple(weights.number(name, 0, MAX_WEIGHT, 0) for name in VIEW_NAMES)
    if not any(found):
        raise fields.error("view_weights", "give one of them a weight")
    return found


def _thresholds(fields: Fields, digits: Sequence[str]) -> dict[str, float]:
    for name in fields.values:
        if name not in digits:
            raise fields.error(name, "it is not a digit of the model")
    return {name: fields.number(name, 0, 1) for name in digits}
