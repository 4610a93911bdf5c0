"""One JSON object a line on stdout (`--json`), for programs."""

from __future__ import annotations

import argparse
import json
import math
from typing import Any

from edge.events import Detection, Number, Rejection, Summary
from edge.sink import Sink, StreamInfo


class JsonLinesSink(Sink):
    uses_stdout = True

    @classmethod
    def add_options(cls, group: argparse._ArgumentGroup) -> None:
        group.add_argument(
            "--json",
            action=argparse.BooleanOptionalAction,
            default=False,
            help="print one JSON object a line",
        )

    @classmethod
    def from_options(cls, args: argparse.Namespace, info: StreamInfo) -> Sink | None:
        return cls(info) if args.json else None

    def show(self, event: Detection | Rejection | Number | Summary) -> None:
        if isinstance(event, Detection):
            line = _detection(event)
        elif isinstance(event, Rejection):
            line = _rejection(event)
        elif isinstance(event, Number):
            line = _number(event)
        else:
            line = _summary(event, self.info.is_sound)
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
        **_truth(event),
    }


def _rejection(event: Rejection) -> dict[str, Any]:
    return {
        "event": "rejection",
        "reason": event.reason,
        "t": rounded(event.t, 3),
        "scores": {label: rounded(score) for label, score in event.scores.items()},
        **_truth(event),
    }


def _truth(event: Detection | Rejection) -> dict[str, Any]:
    """The true label, for events of a simulated source; null if nothing was drawn or said."""
    return {} if event.truth is None else {"truth": event.truth or None}


def _number(event: Number) -> dict[str, Any]:
    return {
        "event": "number",
        "digits": event.digits,
        "t": rounded(event.t, 3),
        "latency_ms": rounded(event.latency_ms, 0),
    }


def _summary(event: Summary, is_sound: bool) -> dict[str, Any]:
    health = event.health
    strokes = {"strokes": event.detections + event.rejections}
    return {
        "event": "summary",
        "samples": health.samples,
        "lost": health.lost,
        "clipped": health.clipped,
        "rate": rounded(health.rate, 2),
        **({} if is_sound else strokes),
        "detections": event.detections,
        **({} if is_sound else {"rejected": event.rejections}),
        "garbage": health.garbage,
        "errors": health.errors,
        "reconnects": health.reconnects,
        "duration": rounded(health.duration, 3),
    }


def rounded(value: float | None, digits: int = 4) -> float | int | None:
    """A number for JSON: rounded to its precision, and None (null) for NaN and infinity."""
    if value is None or not math.isfinite(value):
        return None
    return round(float(value), digits) if digits else round(value)
