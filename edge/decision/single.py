"""Decide about each window independently, for tasks in which one window holds one stroke."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.decision import MAX_WORD_PRIOR, Decision, DecisionSettings, Event
from edge.events import Detection, Rejection
from edge.features import Window
from edge.fields import Fields


@dataclass(frozen=True)
class SingleSettings(DecisionSettings):
    threshold: float
    """Accept a window whose probability of being any label but `none_label` reaches this."""
    none_label: str | None

    @classmethod
    def from_manifest(cls, labels: Sequence[str], values: Mapping[str, Any]) -> SingleSettings:
        fields = Fields(values, "decision")
        none = values.get("none_label")
        if none is not None and none not in labels:
            raise fields.error("none_label", "it is not a label")
        return cls(
            background_labels=() if none is None else (none,),
            word_prior=fields.number("word_prior", 1, MAX_WORD_PRIOR, 1),
            threshold=fields.number("threshold", 0, 1),
            none_label=none,
        )

    @property
    def usual_threshold(self) -> float:
        return self.threshold

    def with_threshold(self, threshold: float) -> SingleSettings:
        return replace(self, threshold=threshold)


class SingleDecision(Decision):
    """Accepts the best label if the window is probably any label except `none_label`.

    The threshold applies to the sum of all labels except `none_label`, not to the best label alone:
    an unclear 1 may be a 1 or a 7, but it is a digit, and the more probable of the two is more
    useful to the user than no result.
    """

    settings_class = SingleSettings

    def __init__(self, labels: Sequence[str], settings: SingleSettings) -> None:
        self._labels = list(labels)
        self._settings = settings

    def change_settings(self, settings: SingleSettings) -> None:
        self._settings = settings

    def process(self, window: Window, scores: NDArray[np.float32]) -> Iterator[Event]:
        by_label = {label: float(s) for label, s in zip(self._labels, scores, strict=True)}
        none = self._settings.none_label
        best = max((label for label in by_label if label != none), key=by_label.__getitem__)
        any_label = by_label[best] if none is None else 1 - by_label[none]
        if any_label >= self._settings.threshold:
            waited_ms = (window.decided_t - window.t) * 1000
            score = by_label[best]
            yield Detection(
                best,
                score,
                window.t,
                waited_ms,
                by_label,
                window.trajectory,
                heart_rate=window.heart_rate,
            )
        else:
            reason = (
                "none" if any_label < 0.5 else f"unsure: {best} or none, {any_label:.2f} for any"
            )
            yield Rejection(reason, window.t, by_label, window.trajectory)
