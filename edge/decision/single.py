"""One window, one verdict: for tasks whose windows each hold one whole thing, such as a stroke."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.decision import Decision, Event
from edge.events import Detection, Rejection
from edge.features import Window


class SingleDecision(Decision):
    """Accepts the best label if it is sure enough that this is any of them at all.

    Doubt between two labels is no reason to say nothing: a sloppy 1 is a 1 or a 7, but no idle
    movement. So the threshold is for all labels but `none` together, not for the best alone.
    """

    def __init__(self, labels: Sequence[str], settings: Mapping[str, Any]) -> None:
        self.labels = list(labels)
        self.threshold = float(settings["threshold"])
        self.none: str | None = settings.get("none")
        if self.none is not None and self.none not in self.labels:
            raise ValueError(f"none is {self.none!r}, which is no label")

    def process(self, window: Window, scores: NDArray[np.float32]) -> Iterator[Event]:
        by_label = {label: float(score) for label, score in zip(self.labels, scores, strict=True)}
        best = max((k for k in by_label if k != self.none), key=by_label.__getitem__)
        sure = by_label[best] if self.none is None else 1 - by_label[self.none]
        if sure >= self.threshold:
            waited_ms = (window.decided_t - window.t) * 1000
            score = by_label[best]
            yield Detection(best, score, window.t, waited_ms, by_label, window.trajectory)
        else:
            reason = "none" if sure < 0.5 else f"unsure: {best} or none, {sure:.2f} for any"
            yield Rejection(reason, window.t, by_label, window.trajectory)
