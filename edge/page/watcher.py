"""Watches the recognition for the page: what the live view draws, and what the review stores."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from edge.events import Detection, Ready, Rejection, RunEvent
from edge.features import Window
from edge.model import Model
from edge.page.live_view import LiveView
from edge.page.near_miss import NearMiss, NearMisses, can_miss
from edge.page.page_state import views
from edge.page.review import Review
from edge.page.sink import Send
from edge.samples import Chunk, Health
from edge.sink import StreamInfo
from edge.sink.event_json import event_object

MAX_STARTS = 10


class Watcher:
    """Called in the thread of the recognition."""

    def __init__(
        self, model: Model, info: StreamInfo, view: LiveView, review: Review, send: Send
    ) -> None:
        self._view, self._review, self._send = view, review, send
        self._starts: dict[float, float] = {}
        """When the newest strokes began, by the time of their end."""
        self.use_model(model, info)

    def use_model(self, model: Model, info: StreamInfo) -> None:
        """Look for near misses of the words of this model from now on."""
        self._model, self._info = model, info
        follows = can_miss(model.settings)
        self._near_misses = NearMisses(info.controls, self._near_miss) if follows else None

    def add_window(self, window: Window, scores: NDArray[np.float32]) -> None:
        if computes_scores(self._model):
            self._view.add_window(window, scores)
        if window.stroke is not None and self._review.enabled:
            before = self._starts.get(window.t, window.stroke.start)
            self._starts[window.t] = min(before, window.stroke.start)
            while len(self._starts) > MAX_STARTS:
                del self._starts[next(iter(self._starts))]
        if self._near_misses is not None and (self._view.active or self._review.enabled):
            self._near_misses.add(window.t, self._model.labels, scores.tolist())

    def pass_time(self, chunk: Chunk, health: Health) -> None:
        if self._near_misses is not None and len(chunk):
            self._near_misses.pass_time(float(chunk.t[-1]))

    def show(self, event: RunEvent) -> None:
        if isinstance(event, Ready):
            self._review.begin(event.rate, event.channels)
        if self._near_misses is not None:
            self._near_misses.show(event)
        if isinstance(event, Rejection) and event.reason == "none":
            return
        if isinstance(event, (Detection, Rejection)) and "review" in views(self._info):
            facts = event_object(event, self._info)
            self._review.want(event.t, self._starts.get(event.t), facts)

    def _near_miss(self, miss: NearMiss) -> None:
        facts = {"event": "near_miss", **asdict(miss), "score": round(miss.score, 4)}
        self._send(json.dumps({"near_miss": facts}), True)
        facts["time"] = datetime.now().astimezone().isoformat(timespec="milliseconds")
        self._review.want(miss.t, None, facts)


def computes_scores(model: Model) -> bool:
    """Whether a score for each label follows from a window: no waveform, and no embedding."""
    labels = len(model.labels)
    return model.settings.output_shapes(labels) == [[1, labels]]
