"""Events as JSON objects: the same for `--json`, files, MQTT and every other program.

docs/events.md describes the objects, docs/events.schema.json is their schema.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any

from edge.events import (
    Detection,
    DeviceFound,
    DeviceLost,
    Failure,
    HealthReport,
    Number,
    Ready,
    Rejection,
    Retraction,
    RunEvent,
    SequenceOutput,
    StrokeReading,
    Summary,
)
from edge.samples import Health
from edge.sink import StreamInfo
from edge.text import one_line

SCHEMA = 1  # changes only if a key is removed or gets another meaning


def event_line(event: RunEvent, info: StreamInfo, dropped: int = 0) -> str:
    """The JSON object in one line, without the line end."""
    return json.dumps(event_object(event, info, dropped), allow_nan=False)


def event_object(event: RunEvent, info: StreamInfo, dropped: int = 0) -> dict[str, Any]:
    """The JSON object of an event. `dropped`: the events that this reader did not get so far."""
    body = _BODIES[type(event)](event, info)
    if isinstance(event, (Summary, HealthReport)):
        body["dropped"] = dropped
    return body | {
        "time": None if event.time is None else event.time.isoformat(timespec="milliseconds"),
        "device": info.device,
        "model": info.model,
        "id": None if event.sequence is None else f"{info.run}-{event.sequence}",
        "schema": SCHEMA,
    }


def rounded(value: float | None, digits: int = 4) -> float | int | None:
    """A number for JSON: rounded to its precision, and None (null) for NaN and infinity."""
    if value is None or not math.isfinite(value):
        return None
    return round(float(value), digits) if digits else round(value)


def _detection(event: Detection, info: StreamInfo) -> dict[str, Any]:
    return {
        "event": "detection",
        "label": event.label,
        "score": rounded(event.score),
        "t": rounded(event.t, 3),
        "latency_ms": rounded(event.latency_ms, 0),
        "scores": {label: rounded(score) for label, score in event.scores.items()},
        **_stroke(event.stroke),
        **({} if event.heart_rate is None else {"heart_rate": rounded(event.heart_rate, 1)}),
        **_truth(event),
    }


def _rejection(event: Rejection, info: StreamInfo) -> dict[str, Any]:
    return {
        "event": "rejection",
        "reason": event.reason,
        "t": rounded(event.t, 3),
        "scores": {label: rounded(score) for label, score in event.scores.items()},
        **_stroke(event.stroke),
        **_truth(event),
    }


def _truth(event: Detection | Rejection) -> dict[str, Any]:
    """The true label, for events of a simulated source; null if nothing was drawn or said."""
    return {} if event.truth is None else {"truth": event.truth or None}


def _stroke(stroke: StrokeReading | None) -> dict[str, Any]:
    """How a stroke was interpreted; nothing for sound."""
    if stroke is None:
        return {}
    return {
        "stroke": {
            "used": stroke.used,
            "angle_trust": rounded(stroke.angle_trust, 2),
            "position_trust": rounded(stroke.position_trust, 2),
            "sign": rounded(stroke.sign, 2),
            "other_label": stroke.other_label or None,
            "movements": stroke.movements,
        }
    }


def _retraction(event: Retraction, info: StreamInfo) -> dict[str, Any]:
    return {
        "event": "retracted",
        "label": event.retracted_label,
        "t": rounded(event.retracted_t, 3),
        "latency_ms": rounded(event.latency_ms, 0),
    }


def _number(event: Number, info: StreamInfo) -> dict[str, Any]:
    return {
        "event": "number",
        "digits": event.digits,
        "t": rounded(event.t, 3),
        "latency_ms": rounded(event.latency_ms, 0),
    }


def _sequence(event: SequenceOutput, info: StreamInfo) -> dict[str, Any]:
    return sequence_object(event)


def sequence_object(event: SequenceOutput) -> dict[str, Any]:
    """The keys of a waveform, without those of every event."""
    columns = zip(event.names, event.values.T.tolist(), strict=True)
    inputs = {
        name: [rounded(value) for value in values.tolist()] for name, values in event.inputs.items()
    }
    return {
        "event": "sequence",
        "start": rounded(event.start, 3),
        "t": rounded(event.t, 3),
        "rate": rounded(event.rate, 3),
        "unit": event.unit,
        "values": {name: [rounded(value) for value in values] for name, values in columns},
        **({"inputs": inputs} if inputs else {}),
        "latency_ms": rounded(event.latency_ms, 0),
    }


def _ready(event: Ready, info: StreamInfo) -> dict[str, Any]:
    return {
        "event": "ready",
        "source": event.source,
        "rate": rounded(event.rate, 2),
        "channels": list(event.channels),
        "words": list(event.words),
        "threshold": rounded(event.threshold),
    }


def _device_lost(event: DeviceLost, info: StreamInfo) -> dict[str, Any]:
    return {"event": "device_lost", "reason": one_line(event.reason), "t": rounded(event.t, 3)}


def _device_found(event: DeviceFound, info: StreamInfo) -> dict[str, Any]:
    return {"event": "device_found", "t": rounded(event.t, 3)}


def _error(event: Failure, info: StreamInfo) -> dict[str, Any]:
    return {
        "event": "error",
        "message": one_line(event.message),
        "fatal": event.fatal,
        "t": rounded(event.t, 3),
    }


def _health(event: HealthReport, info: StreamInfo) -> dict[str, Any]:
    return {
        "event": "health",
        "t": rounded(event.health.last_t, 3),
        **_counters(event.health, event.detections, event.rejections, info),
        "device_present": not event.health.away,
        "cpu_percent": rounded(event.cpu_percent, 1),
        "memory_mb": rounded(event.memory_mb, 1),
        "temperature": rounded(event.temperature, 1),
    }


def _summary(event: Summary, info: StreamInfo) -> dict[str, Any]:
    counters = _counters(event.health, event.detections, event.rejections, info)
    return {"event": "summary", **counters}


def _counters(health: Health, detections: int, rejections: int, info: StreamInfo) -> dict[str, Any]:
    strokes = {"strokes": detections + rejections}
    return {
        "samples": health.samples,
        "lost": health.lost,
        "clipped": health.clipped,
        "rate": rounded(health.rate, 2),
        **(strokes if info.has_strokes else {}),
        "detections": detections,
        **({"rejected": rejections} if info.has_strokes else {}),
        "garbage": health.garbage,
        "errors": health.errors,
        "reconnects": health.reconnects,
        "duration": rounded(health.duration, 3),
    }


_BODIES: dict[type, Callable[[Any, StreamInfo], dict[str, Any]]] = {
    Detection: _detection,
    Rejection: _rejection,
    Retraction: _retraction,
    Number: _number,
    SequenceOutput: _sequence,
    Ready: _ready,
    DeviceLost: _device_lost,
    DeviceFound: _device_found,
    Failure: _error,
    HealthReport: _health,
    Summary: _summary,
}
