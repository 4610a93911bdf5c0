"""The whole way of the data, from a source to a sink."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from time import perf_counter

from edge.decision import Decision
from edge.events import Detection, Rejection, Summary
from edge.features import Features, Window
from edge.model import Model
from edge.sink import Sink
from edge.source import Source


def run(
    source: Source,
    features: Features,
    model: Model,
    decision: Decision,
    sink: Sink,
    stopping: Callable[[], bool] = lambda: False,
) -> None:
    """Recognise until the source ends or one asks to stop; either way the summary is shown."""
    detections = rejections = 0

    def recognise(windows: Iterator[Window | Rejection]) -> None:
        nonlocal detections, rejections
        for event in _timed(windows, model, decision):
            if isinstance(event, Detection):
                detections += 1
            else:
                rejections += 1
            sink.show(event)

    try:
        for chunk in source:
            recognise(features.process(chunk))
            sink.pulse(source.health)
            if stopping():
                break  # what is half drawn is no stroke
        else:
            recognise(features.finish())
    finally:
        sink.show(Summary(source.health, detections, rejections))


def _timed(
    windows: Iterator[Window | Rejection], model: Model, decision: Decision
) -> Iterator[Detection | Rejection]:
    """The events, with the time that computing took added to the time that waiting took."""
    started = perf_counter()
    for window in windows:
        if isinstance(window, Rejection):
            events: Iterator[Detection | Rejection] = iter([window])
        else:
            events = decision.process(window, model.scores(window.tensor))
        for event in events:
            if isinstance(event, Detection):
                spent_ms = (perf_counter() - started) * 1000
                event = replace(event, latency_ms=event.latency_ms + spent_ms)
            yield event
            started = perf_counter()
