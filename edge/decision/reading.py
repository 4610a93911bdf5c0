"""Read one stroke: from its scores under both signs to the most probable label and sign."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge.decision.sign import SignMemory, agreement_odds, combine
from edge.decision.stroke_settings import StrokeSettings
from edge.events import StrokeReading
from edge.features import Window
from edge.features.motion.facts import StrokeFacts
from edge.features.motion.inputs import drawn_path

LEAST_RIVAL = 0.1  # probability of the other sign at which its label is worth mentioning


@dataclass(frozen=True)
class ScoredStroke:
    """A window with its scores combined."""

    window: Window
    facts: StrokeFacts
    label: str
    """The most probable digit."""
    score: float
    scores: dict[str, float]
    """Of all labels that events have."""
    evidence: float
    """Log odds of the first sign, from the scores of the network alone."""
    reading: StrokeReading
    trajectory: NDArray[np.float32]
    """As drawn under the more probable sign."""

    @property
    def waited_ms(self) -> float:
        return (self.window.decided_t - self.window.t) * 1000


class StrokeReader:
    def __init__(self, labels: Sequence[str], settings: StrokeSettings) -> None:
        self._labels = list(labels)
        self._upside_down = self._labels.index(settings.upside_down_label)
        self._digits = [
            k for k, label in enumerate(labels) if label not in settings.background_labels
        ]

    def read(self, window: Window, scores: NDArray[np.float32], memory: SignMemory) -> ScoredStroke:
        facts, other = window.stroke, window.other_sign
        if facts is None or other is None or scores.shape != (2, len(self._labels)):
            raise ValueError(f"scores of the shape {scores.shape} are not those of a stroke")
        odds = float(agreement_odds(np.array(facts.agreement))) + memory.odds(facts.lateral)
        combined = combine(scores[None], np.array([odds]), self._upside_down)
        probabilities = combined.scores[0].tolist()
        best = max(self._digits, key=probabilities.__getitem__)
        by_sign = combined.by_sign[0]
        sign = int(by_sign[1, best] > by_sign[0, best])
        reading = StrokeReading(
            facts.angle_trust,
            facts.position_trust,
            float(by_sign[sign, best] / by_sign[:, best].sum()),
            self._rival(by_sign[1 - sign], best),
            facts.joined,
        )
        return ScoredStroke(
            window,
            facts,
            self._labels[best],
            probabilities[best],
            {
                label: probabilities[k]
                for k, label in enumerate(self._labels)
                if k != self._upside_down
            },
            float(combined.evidence[0]),
            reading,
            drawn_path(other if sign else window.tensor),
        )

    def _rival(self, by_label: NDArray[np.float64], best: int) -> str:
        """The label under the less probable sign, if it is another digit and not improbable."""
        leader = int(by_label.argmax())
        is_rival = leader != best and leader in self._digits and by_label[leader] >= LEAST_RIVAL
        return self._labels[leader] if is_rival else ""
