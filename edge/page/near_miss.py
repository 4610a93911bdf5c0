"""Near misses: words whose score was high, but not high enough for a detection."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from edge.controls import Controls
from edge.events import Detection, RunEvent

SHARE = 0.7  # of the threshold: a mean score above this is a near miss
END_S = 0.5  # without windows: the sound is over
TOLERANCE_S = 1e-3  # times are sums of fractions


@dataclass(frozen=True)
class NearMiss:
    label: str
    t: float
    """Source time of the highest mean score."""
    score: float
    reason: str


@dataclass
class _Candidate:
    label: str
    start: float
    t: float
    score: float


class NearMisses:
    """Follows the scores of a stream of words, in the thread of the recognition."""

    def __init__(self, controls: Controls, found: Callable[[NearMiss], None]) -> None:
        self._controls, self._found = controls, found
        self._recent: deque[tuple[float, list[float]]] = deque()
        self._candidate: _Candidate | None = None
        self._detected: dict[str, float] = {}

    def add(self, t: float, labels: list[str], scores: list[float]) -> None:
        """Take the scores of a window."""
        settings = self._controls.settings
        recent = self._recent
        while recent and t - recent[0][0] >= settings.smoothing_s - TOLERANCE_S:
            recent.popleft()
        recent.append((t, scores))
        leader = scores.index(max(scores))
        label = labels[leader]
        threshold = settings.thresholds.get(label)
        mean = sum(row[leader] for _, row in recent) / len(recent)
        if threshold is None or mean < SHARE * threshold:
            self._finish()
            return
        candidate = self._candidate
        if candidate is None or candidate.label != label:
            self._finish()
            self._candidate = _Candidate(label, t, t, mean)
        elif mean > candidate.score:
            candidate.t, candidate.score = t, mean

    def show(self, event: RunEvent) -> None:
        if isinstance(event, Detection):
            self._detected[event.label] = event.t + self._controls.settings.delay_s

    def pass_time(self, t: float) -> None:
        """Without windows, the sound is over."""
        if self._candidate is not None and t - self._recent[-1][0] > END_S:
            self._finish()

    def _finish(self) -> None:
        candidate, self._candidate = self._candidate, None
        if candidate is None:
            return
        settings = self._controls.settings
        detected = self._detected.get(candidate.label, float("-inf"))
        if detected >= candidate.start - settings.refractory_s:
            return  # it was detected, or it is the end of a word that was
        threshold = settings.thresholds[candidate.label]
        reason = f"{candidate.score:.2f}, and {threshold:.2f} is needed"
        if candidate.score >= threshold:
            reason = "people talk on and on, which needs a higher score"
        self._found(NearMiss(candidate.label, candidate.t, candidate.score, reason))


def can_miss(settings: Any) -> bool:
    """Whether a decision with these settings spots words in a stream."""
    return hasattr(settings, "smoothing_s")
