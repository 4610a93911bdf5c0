"""The whole way of the data, from a source to a sink."""

from __future__ import annotations

from collections.abc import Iterator

from edge.decision import Decision
from edge.events import Detection, Summary
from edge.features import Features, Window
from edge.model import Model
from edge.sink import Sink
from edge.source import Source


def run(source: Source, features: Features, model: Model, decision: Decision, sink: Sink) -> None:
    """Recognise until the source ends; however it ends, the summary is shown."""
    detections = rejections = 0

    def recognise(windows: Iterator[Window]) -> None:
        nonlocal detections, rejections
        for window in windows:
            for event in decision.process(window, model.scores(window.tensor)):
                if isinstance(event, Detection):
                    detections += 1
                else:
                    rejections += 1
                sink.show(event)

    try:
        for chunk in source:
            recognise(features.process(chunk))
            sink.pulse(source.health)
        recognise(features.finish())
    finally:
        sink.show(Summary(source.health, detections, rejections))
