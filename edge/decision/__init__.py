"""From scores to events."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.events import Detection, Rejection
from edge.features import Window

DECISIONS = {
    "single": "edge.decision.single:SingleDecision",
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
