"""Detections matched to the ground truth: hits, misses and false accepts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar


class TrueEvent(Protocol):
    """Something that a model should detect."""

    @property
    def label(self) -> str: ...

    @property
    def start(self) -> float: ...

    @property
    def end(self) -> float: ...


class DetectedEvent(Protocol):
    """Something that a model detected."""

    @property
    def label(self) -> str: ...

    @property
    def t(self) -> float: ...


Truth = TypeVar("Truth", bound=TrueEvent)
Detected = TypeVar("Detected", bound=DetectedEvent)


@dataclass(frozen=True)
class Matches(Generic[Truth, Detected]):
    """The result of `match_events`."""

    hits: list[tuple[Truth, Detected]]
    """In the order of the detections."""
    false_accepts: list[Detected]
    """Detections without a true event of their label, in order of time."""
    misses: list[Truth]
    """True events without a detection, in the order of the ground truth."""


def match_events(
    truth: Sequence[Truth], detections: Sequence[Detected], tolerance_s: float
) -> Matches[Truth, Detected]:
    """Match each detection to at most one true event with the same label, and the reverse.

    A detection counts from the start of the true event until `tolerance_s` after its end. Of
    several true events that fit, the first one is taken. True events are in order of time.
    """
    unmatched = dict(enumerate(truth))
    waiting: dict[str, list[int]] = {}
    for number, event in unmatched.items():
        waiting.setdefault(event.label, []).append(number)
    hits, false_accepts = [], []
    for detection in sorted(detections, key=lambda one: one.t):
        queue = waiting.get(detection.label, [])
        while queue and unmatched[queue[0]].end + tolerance_s < detection.t:
            queue.pop(0)
        if queue and unmatched[queue[0]].start <= detection.t:
            hits.append((unmatched.pop(queue.pop(0)), detection))
        else:
            false_accepts.append(detection)
    return Matches(hits, false_accepts, list(unmatched.values()))


def in_time(event: TrueEvent, t: float, tolerance_s: float) -> bool:
    """Whether a detection at time t can belong to the event, whatever its label."""
    return event.start <= t <= event.end + tolerance_s
