"""The sink of the page: events as JSON, and the live view."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Sequence
from time import monotonic
from typing import Any

import numpy as np

from edge.events import Detection, Ready, Rejection, RunEvent, Summary
from edge.page.live_view import LiveView
from edge.samples import Chunk, Health
from edge.sink import Preview, Sink, StreamInfo
from edge.sink.event_json import event_line
from edge.usage import CpuMeter, own_memory_mb, processor_temperature

BACKLOG = 200  # events that a browser gets when it connects
LATENCIES = 200  # newest detections, of which the latency is shown

Send = Callable[[str, bool], None]
"""Passes a message to the browsers; the second argument: whether it belongs to the live view."""


class PageSink(Sink):
    option = "--page"
    needs_rejections = True

    def __init__(self, info: StreamInfo, view: LiveView, send: Send) -> None:
        super().__init__(info)
        self.backlog: deque[str] = deque(maxlen=BACKLOG)
        self.ready: Ready | None = None
        self.ended = False
        self.on_chunk: list[Callable[[Chunk, Health], None]] = []
        """Called with each chunk, in the thread of the recognition; they must return at once."""
        self.on_event: list[Callable[[RunEvent], None]] = []
        self._view, self._send = view, send
        self._health, self._cpu = Health(), CpuMeter()
        self._latencies: deque[float] = deque(maxlen=LATENCIES)
        self._detections = self._rejections = 0
        self._started = monotonic()

    def show(self, event: RunEvent) -> None:
        if isinstance(event, Ready):
            self.ready = event
        elif isinstance(event, Detection):
            self._detections += 1
            self._latencies.append(event.latency_ms)
        elif isinstance(event, Rejection):
            self._rejections += 1
        elif isinstance(event, Summary):
            self.ended = True
        line = event_line(event, self.info)
        self.backlog.append(line)
        self._send(line, False)
        if isinstance(event, (Detection, Rejection)) and event.trajectory is not None:
            path = np.round(event.trajectory, 3).tolist()
            self._send(json.dumps({"stroke": {"t": round(event.t, 3), "path": path}}), True)
        for watch in self.on_event:
            watch(event)

    def progress(self, health: Health, chunk: Chunk, preview: Preview | None = None) -> None:
        self._health = health
        if self._view.active:
            # The stroke that is being drawn; sound has none.
            message = self._view.add_chunk(
                chunk, self.info.rate, None if self.info.is_sound else preview
            )
            if message is not None:
                self._send(message, True)
        for watch in self.on_chunk:
            watch(chunk, health)

    def health(self) -> dict[str, Any]:
        """The counters of the run, for the page; called in the thread of the server."""
        health = self._health
        latencies = sorted(self._latencies)
        return {
            "samples": health.samples,
            "lost": health.lost,
            "clipped": health.clipped,
            "garbage": health.garbage,
            "errors": health.errors,
            "reconnects": health.reconnects,
            "device_present": not health.away and not self.ended,
            "rate": None if health.rate is None else round(health.rate, 2),
            "nominal_rate": self.info.rate if self.ready is None else self.ready.rate,
            "t": health.last_t,
            "detections": self._detections,
            "rejections": self._rejections,
            "latency_p50_ms": _quantile(latencies, 0.5),
            "latency_p95_ms": _quantile(latencies, 0.95),
            "cpu_percent": self._cpu.percent(),
            "memory_mb": own_memory_mb(),
            "temperature": processor_temperature(),
            "running_s": round(monotonic() - self._started, 1),
            "skipped": self._view.skipped,
        }


def _quantile(ordered: Sequence[float], share: float) -> float | None:
    if not ordered:
        return None
    return round(ordered[min(len(ordered) - 1, int(share * len(ordered)))], 1)
