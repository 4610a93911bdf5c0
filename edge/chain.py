"""The whole way of the data, from a source to a sink."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from time import perf_counter

from edge.decision import Decision, Event
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
    failed = True  # what stops it is said after the summary

    def show(events: Iterator[Event]) -> None:
        nonlocal detections, rejections
        for event in events:
            detections += isinstance(event, Detection)
            rejections += isinstance(event, Rejection)
            sink.show(event)

    try:
        for chunk in source:
            show(_timed(_recognised(features.process(chunk), model, decision)))
            if len(chunk):
                show(_timed(decision.pass_time(float(chunk.t[-1]))))
            sink.progress(source.health, chunk)
            if stopping():
                break  # what is half drawn is no stroke
        else:
            show(_timed(_recognised(features.finish(), model, decision)))
        show(_timed(decision.finish()))
        failed = False
    finally:
        sink.show(Summary(source.health, detections, rejections, failed))


def _recognised(
    windows: Iterator[Window | Rejection], model: Model, decision: Decision
) -> Iterator[Event]:
    for window in windows:
        if isinstance(window, Rejection):
            yield window
        else:
            yield from decision.process(window, model.scores(window.tensor, window.new_rows))


def _timed(events: Iterator[Event]) -> Iterator[Event]:
    """The events, with the time that computing took added to the time that waiting took."""
    started = perf_counter()
    for event in events:
        if not isinstance(event, Rejection):
            spent_ms = (perf_counter() - started) * 1000
            event = replace(event, latency_ms=event.latency_ms + spent_ms)
        yield event
        started = perf_counter()
