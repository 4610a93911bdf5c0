"""One window, one verdict: for tasks whose windows each hold one whole thing, such as a stroke."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.decision import Decision
from edge.events import Detection, Rejection
from edge.features import Window


class SingleDecision(Decision):
    """Accepts the best label, unless that is the one for "none of them" or is not sure enough."""

    def __init__(self, labels: Sequence[str], settings: Mapping[str, Any]) -> None:
        self.labels = list(labels)
        self.threshold = float(settings["threshold"])
        self.none: str | None = settings.get("none")

    def process(
        self, window: Window, scores: NDArray[np.float32]
    ) -> Iterator[Detection | Rejection]:
        by_label = {label: float(score) for label, score in zip(self.labels, scores, strict=True)}
        label = max(by_label, key=by_label.__getitem__)
        score = by_label[label]
        if label == self.none:
            yield Rejection(label, window.t, by_label, window.picture)
        elif score >= self.threshold:
            waited_ms = (window.decided_t - window.t) * 1000
            yield Detection(label, score, window.t, waited_ms, by_label, window.picture)
        else:
            reason = f"unsure: {label} at {score:.2f}"
            yield Rejection(reason, window.t, by_label, window.picture)
