"""From scores to events."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.errors import ModelError
from edge.events import Detection, Rejection
from edge.features import Window

DECISIONS = {
    "single": "edge.decision.single:SingleDecision",
    "spotting": "edge.decision.spotting:SpottingDecision",
}


class Decision(ABC):
    @abstractmethod
    def __init__(self, labels: Sequence[str], settings: Mapping[str, Any]) -> None:
        """`settings` is `decision` of the model's manifest.

        KeyError, TypeError or ValueError for settings that cannot be.
        """

    @abstractmethod
    def process(
        self, window: Window, scores: NDArray[np.float32]
    ) -> Iterator[Detection | Rejection]:
        """Events that this window's scores bring about."""

    @classmethod
    @abstractmethod
    def at_threshold(cls, settings: Mapping[str, Any], threshold: float) -> dict[str, Any]:
        """The settings with one threshold for whatever there are thresholds for."""

    @classmethod
    def limited(cls, settings: Mapping[str, Any], max_false_per_hour: float) -> dict[str, Any]:
        """The settings that keep to so many false detections an hour, if that was measured."""
        raise ModelError(
            "nobody measured how often this model is mistaken in an hour: "
            "leave --max-false-per-hour out, or choose --threshold"
        )
