"""The chain: source -> features -> model -> decision -> sinks."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from math import inf
from time import monotonic, perf_counter

import numpy as np
from numpy.typing import NDArray

from edge.controls import Controls
from edge.decision import Decision, DecisionSettings, Event
from edge.decision.number import NumberDecision
from edge.errors import EdgeError
from edge.events import Detection, DeviceFound, DeviceLost, Failure, Rejection
from edge.features import Window
from edge.model import Model
from edge.samples import Chunk
from edge.sink import Sink
from edge.sink.output import Output
from edge.source import Source

SourceEvent = Event | DeviceLost | DeviceFound | Failure
WindowWatcher = Callable[[Window, NDArray[np.float32]], None]


class Chain:
    """The middle of the chain: from chunks of samples to events."""

    def __init__(
        self, model: Model, settings: DecisionSettings | None = None, joins_digits: bool = False
    ) -> None:
        """`settings` of the decision replace those in the manifest; `joins_digits`: digits that
        follow one another become a number."""
        self.model = model
        self.features = model.features()
        self.settings: DecisionSettings = model.settings if settings is None else settings
        """Those that the decision uses."""
        decision = model.decision(self.settings)
        self.decision: Decision = NumberDecision(decision) if joins_digits else decision
        self.watch_window: WindowWatcher | None = None
        """Called with each window and its scores, for a live view."""

    def process(self, chunk: Chunk) -> Iterator[Event]:
        """Events that follow from this chunk."""
        found = _timed(self._events(self.features.process(chunk)))
        yield from found if chunk.captured is None else _since_capture(found, chunk)
        if len(chunk):
            found = _timed(self.decision.pass_time(float(chunk.t[-1])))
            yield from found if chunk.captured is None else _since_capture(found, chunk)

    def next_event_t(self) -> float:
        """Source time of the newest sample of the next event, at the earliest."""
        next_window_t = max(self.features.next_window_t(), self.decision.next_detection_t())
        return min(next_window_t, self.decision.due_t)

    def finish(self) -> Iterator[Event]:
        """Events that follow from the end of the samples."""
        yield from _timed(self._events(self.features.finish()))
        yield from self.stop()

    def stop(self) -> Iterator[Event]:
        """Events that remain when a run is stopped: an unfinished stroke is not one of them."""
        yield from _timed(self.decision.finish())

    def apply(self, controls: Controls) -> None:
        """Make the changes that were requested, if any were."""
        threshold = controls.take_request()
        if threshold is not None:
            self.change_settings(self.model.settings.with_threshold(threshold), controls)
        for change in controls.take_changes():
            change(self)

    def change_settings(self, settings: DecisionSettings, controls: Controls) -> None:
        """Use other decision settings from now on, and note them as in use."""
        self.decision.change_settings(settings)
        self.settings = settings
        self.show_settings(controls)

    def show_settings(self, controls: Controls) -> None:
        """Note the decision settings as in use."""
        controls.settings, controls.threshold = self.settings, self.settings.usual_threshold

    def take_watchers(self, other: Chain) -> None:
        """Move the watchers of the other chain to this one."""
        self.watch_window, other.watch_window = other.watch_window, None
        self.features.watch_block, other.features.watch_block = other.features.watch_block, None

    def _events(self, windows: Iterator[Window | Rejection]) -> Iterator[Event]:
        for window in windows:
            if isinstance(window, Rejection):
                yield window
            else:
                scores = self.model.window_scores(window)
                if self.watch_window is not None:
                    self.watch_window(window, scores)
                yield from self.decision.process(window, scores)


def events(
    source: Source,
    chain: Chain,
    stopping: Callable[[], bool] = lambda: False,
    after_chunk: Callable[[Chunk], None] = lambda chunk: None,
    controls: Controls | None = None,
) -> Generator[SourceEvent, None, None]:
    """All events of an opened source, until it ends or `stopping` says so."""
    controls = controls or Controls()
    chunks = iter(source)
    try:
        for chunk in chunks:
            yield from _notices(source)
            chain.apply(controls)
            if controls.listening:
                for event in chain.process(chunk):
                    yield _with_truth(event, source)
            source.wanted_t = _wanted_t(chain, source, controls)
            after_chunk(chunk)
            if stopping():
                yield from chain.stop()
                return
    finally:
        # Closed now, so that the source counts the samples that it could not deliver before its
        # health is read.
        if isinstance(chunks, Generator):
            chunks.close()
    yield from _notices(source)
    for event in chain.finish():
        yield _with_truth(event, source)


def run(
    source: Source,
    chain: Chain,
    sinks: Sequence[Sink] | Output,
    stopping: Callable[[], bool] = lambda: False,
    controls: Controls | None = None,
) -> None:
    """Show all events of a source in the sinks; the summary is shown even after an error."""
    output = sinks if isinstance(sinks, Output) else Output(sinks)
    failed = True

    def progress(chunk: Chunk) -> None:
        output.progress(source.health, chunk, chain.features.preview)

    stream = events(source, chain, stopping, progress, controls)
    try:
        for event in stream:
            output.show(event)
        failed = False
    except EdgeError as error:
        output.show(Failure(str(error), fatal=True, t=source.health.last_t))
        raise
    finally:
        stream.close()
        output.show_end(source.health, failed)


def _wanted_t(chain: Chain, source: Source, controls: Controls) -> float:
    """Source time until which a live source may gather samples."""
    wanted_t = chain.next_event_t()
    if controls.longest_wait_s < inf and source.health.last_t is not None:
        wanted_t = min(wanted_t, source.health.last_t + controls.longest_wait_s)
    return wanted_t


def _notices(source: Source) -> Iterator[SourceEvent]:
    """What the source reported about its device since the last call."""
    notices, t = source.health.notices, source.health.last_t
    while notices:
        notice = notices.popleft()
        if notice.kind == "lost":
            yield DeviceLost(notice.message, t)
        elif notice.kind == "found":
            yield DeviceFound(t)
        else:
            yield Failure(notice.message, fatal=False, t=t)


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
    """The events with their wall clock; the time that computing took is added to their latency."""
    started = perf_counter()
    for event in events:
        now = datetime.now().astimezone()
        if isinstance(event, Rejection):
            event = replace(event, time=now)
        else:
            spent_ms = (perf_counter() - started) * 1000
            event = replace(event, latency_ms=event.latency_ms + spent_ms, time=now)
        yield event
        started = perf_counter()
