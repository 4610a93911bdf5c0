"""One JSON object a line, for programs."""

from __future__ import annotations

import json
import math
from typing import Any

from edge.events import Detection, Number, Rejection, Summary
from edge.sink import Sink


class JsonLinesSink(Sink):
    def show(self, event: Detection | Rejection | Number | Summary) -> None:
        if isinstance(event, Detection):
            line = _detection(event)
        elif isinstance(event, Rejection):
            line = _rejection(event)
        elif isinstance(event, Number):
            line = _number(event)
        else:
            line = _summary(event, self.sound)
        self.stream.write(json.dumps(line, allow_nan=False) + "\n")
        self.stream.flush()


def _detection(event: Detection) -> dict[str, Any]:
    return {
        "event": "detection",
        "label": event.label,
        "score": rounded(event.score),
        "t": rounded(event.t, 3),
        "latency_ms": rounded(event.latency_ms, 0),
        "scores": {label: rounded(score) for label, score in event.scores.items()},
    }


def _rejection(event: Rejection) -> dict[str, Any]:
    return {
        "event": "rejection",
        "reason": event.reason,
        "t": rounded(event.t, 3),
        "scores": {label: rounded(score) for label, score in event.scores.items()},
    }


def _number(event: Number) -> dict[str, Any]:
    return {
        "event": "number",
        "digits": event.digits,
        "t": rounded(event.t, 3),
        "latency_ms": rounded(event.latency_ms, 0),
    }


def _summary(event: Summary, sound: bool) -> dict[str, Any]:
    health = event.health
    strokes = {"strokes": event.detections + event.rejections}
    return {
        "event": "summary",
        "samples": health.samples,
        "lost": health.lost,
        "clipped": health.clipped,
        "rate": rounded(health.rate, 2),
        **({} if sound else strokes),
        "detections": event.detections,
        **({} if sound else {"rejected": event.rejections}),
        "garbage": health.garbage,
        "errors": health.errors,
        "reconnects": health.reconnects,
        "duration": rounded(health.duration, 3),
    }


def rounded(value: float | None, digits: int = 4) -> float | int | None:
    """A number as JSON has it: not longer than it is exact, and null for what is no number."""
    if value is None or not math.isfinite(value):
        return None
    return round(float(value), digits) if digits else round(value)
