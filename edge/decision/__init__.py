"""From scores to events."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.events import Detection, Number, Rejection
from edge.features import Window

DECISIONS = {
    "single": "edge.decision.single:SingleDecision",
    "spotting": "edge.decision.spotting:SpottingDecision",
}


Event = Detection | Rejection | Number


class Decision(ABC):
    @abstractmethod
    def __init__(self, labels: Sequence[str], settings: Mapping[str, Any]) -> None:
        """`settings` is `decision` of the model's manifest.

        KeyError, TypeError or ValueError for settings that cannot be.
        """

    @abstractmethod
    def process(self, window: Window, scores: NDArray[np.float32]) -> Iterator[Event]:
        """Events that this window's scores bring about."""

    def pass_time(self, t: float) -> Iterator[Event]:
        """Events that come because nothing else did until source time `t`.

        Called after every chunk's windows, for in silence there are none.
        """
        return iter(())

    def finish(self) -> Iterator[Event]:
        """Events that the end of the stream brings about."""
        return iter(())
