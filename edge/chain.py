"""The chain: source -> features -> model -> decision -> sinks."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import replace
from time import monotonic, perf_counter

from edge.decision import Decision, Event
from edge.events import Detection, Rejection, Summary
from edge.features import Window
from edge.model import Model
from edge.samples import Chunk
from edge.sink import Sink
from edge.source import Source


class Chain:
    """The middle of the chain: from chunks of samples to events."""

    def __init__(self, model: Model, decision: Decision | None = None) -> None:
        """`decision` replaces the one that the model states."""
        self.model = model
        self.features = model.features()
        self.decision = model.decision() if decision is None else decision

    def process(self, chunk: Chunk) -> Iterator[Event]:
        """Events that follow from this chunk."""
        found = _timed(self._events(self.features.process(chunk)))
        yield from found if chunk.captured is None else _since_capture(found, chunk)
        if len(chunk):
            found = _timed(self.decision.pass_time(float(chunk.t[-1])))
            yield from found if chunk.captured is None else _since_capture(found, chunk)

    def finish(self) -> Iterator[Event]:
        """Events that follow from the end of the samples."""
        yield from _timed(self._events(self.features.finish()))
        yield from self.stop()

    def stop(self) -> Iterator[Event]:
        """Events that remain when a run is stopped: an unfinished stroke is not one of them."""
        yield from _timed(self.decision.finish())

    def _events(self, windows: Iterator[Window | Rejection]) -> Iterator[Event]:
        for window in windows:
            if isinstance(window, Rejection):
                yield window
            else:
                scores = self.model.scores(window.tensor, window.new_rows)
                yield from self.decision.process(window, scores)


def events(
    source: Source,
    chain: Chain,
    stopping: Callable[[], bool] = lambda: False,
    after_chunk: Callable[[Chunk], None] = lambda chunk: None,
) -> Generator[Event, None, None]:
    """All events of an opened source, until it ends or `stopping` says so."""
    chunks = iter(source)
    try:
        for chunk in chunks:
            for event in chain.process(chunk):
                yield _with_truth(event, source)
            after_chunk(chunk)
            if stopping():
                yield from chain.stop()
                return
    finally:
        # Closed now, so that the source counts the samples that it could not deliver before its
        # health is read.
        if isinstance(chunks, Generator):
            chunks.close()
    for event in chain.finish():
        yield _with_truth(event, source)


def run(
    source: Source,
    chain: Chain,
    sinks: Sequence[Sink],
    stopping: Callable[[], bool] = lambda: False,
) -> None:
    """Show all events of a source in the sinks; the summary is shown even after an error."""
    detections = rejections = 0
    failed = True

    def progress(chunk: Chunk) -> None:
        for sink in sinks:
            sink.progress(source.health, chunk, chain.features.preview)

    stream = events(source, chain, stopping, progress)
    try:
        for event in stream:
            detections += isinstance(event, Detection)
            rejections += isinstance(event, Rejection)
            for sink in sinks:
                sink.show(event)
        failed = False
    finally:
        stream.close()
        summary = Summary(source.health, detections, rejections, failed)
        for sink in sinks:
            sink.show(summary)


def _with_truth(event: Event, source: Source) -> Event:
    if not isinstance(event, (Detection, Rejection)):
        return event
    truth = source.truth_at(event.t)
    return event if truth is None else replace(event, truth=truth)


def _since_capture(events: Iterator[Event], chunk: Chunk) -> Iterator[Event]:
    """The events with their true latency, queues included: the time since their last sample was
    captured."""
    for event in events:
        if not isinstance(event, Rejection) and chunk.captured is not None:
            after_t = float(chunk.t[-1]) - event.t + monotonic() - chunk.captured
            event = replace(event, latency_ms=max(event.latency_ms, after_t * 1000))
        yield event


def _timed(events: Iterator[Event]) -> Iterator[Event]:
    """The events, with the time that computing took added to their latency."""
    started = perf_counter()
    for event in events:
        if not isinstance(event, Rejection):
            spent_ms = (perf_counter() - started) * 1000
            event = replace(event, latency_ms=event.latency_ms + spent_ms)
        yield event
        started = perf_counter()
