"""The output side of a run: numbers, counters, reports, and sinks that fail."""

from __future__ import annotations

from datetime import timedelta

import pytest

from edge.events import Failure, HealthReport, RunEvent, Summary
from edge.samples import MOTION, Chunk, Health
from edge.sink import Preview, Sink, StreamInfo
from edge.sink.output import Output
from sample_events import CHUNK, DETECTION, REJECTION, health


class ListSink(Sink):
    """Stores the events; `broken` makes it fail from the next event on."""

    def __init__(self) -> None:
        super().__init__(StreamInfo(100, MOTION))
        self.events: list[RunEvent] = []
        self.broken: OSError | None = None
        self.closed = 0

    def show(self, event: RunEvent) -> None:
        if self.broken:
            raise self.broken
        self.events.append(event)

    def progress(self, health: Health, chunk: Chunk, preview: Preview | None = None) -> None:
        if self.broken:
            raise self.broken

    def close(self) -> None:
        self.closed += 1


def test_every_event_has_a_time_with_zone_and_its_number():
    sink = ListSink()
    with Output([sink]) as output:
        output.show(DETECTION)
        output.show(REJECTION)
        output.show_end(health(), failed=False)
    assert [event.sequence for event in sink.events] == [0, 1, 2]
    for event in sink.events:
        assert event.time is not None and isinstance(event.time.utcoffset(), timedelta)
    assert sink.closed == 1


def test_rejections_that_are_left_out_are_counted():
    sink = ListSink()
    with Output([sink], rejections=False) as output:
        output.show(REJECTION)
        output.show(DETECTION)
        output.show_end(health(), failed=False)
    assert sink.events[0] == DETECTION
    summary = sink.events[1]
    assert isinstance(summary, Summary) and (summary.detections, summary.rejections) == (1, 1)


def test_health_is_reported_at_its_interval(monkeypatch):
    now = [100.0]
    monkeypatch.setattr("edge.sink.output.monotonic", lambda: now[0])
    sink = ListSink()
    output = Output([sink], health_every=10)
    for _ in range(25):
        output.progress(health(), CHUNK)
        now[0] += 1
    assert [type(event) for event in sink.events] == [HealthReport] * 2
    report = sink.events[0]
    assert isinstance(report, HealthReport) and report.health.samples == 101
    assert report.memory_mb is None or report.memory_mb > 5


def test_a_sink_that_fails_is_left_out_and_the_error_is_raised_at_the_end():
    broken, other = ListSink(), ListSink()
    broken.broken = OSError(28, "No space left on device")
    with pytest.raises(OSError, match="No space left"), Output([broken, other]) as output:
        output.show(DETECTION)
        output.progress(health(), CHUNK)
        output.show(DETECTION)
    failure = next(event for event in other.events if isinstance(event, Failure))
    assert failure.message == "ListSink stops: No space left on device" and not failure.fatal
    assert sum(event == DETECTION for event in other.events) == 2
    assert (broken.closed, other.closed) == (1, 1)


def test_a_reader_that_ends_is_no_error_while_another_gets_the_events():
    broken, other = ListSink(), ListSink()
    broken.broken = BrokenPipeError()
    with Output([broken, other]) as output:
        output.progress(health(), CHUNK)
        output.show(DETECTION)
    assert other.events[-1] == DETECTION


def test_the_run_ends_if_no_sink_is_left():
    broken = ListSink()
    broken.broken = BrokenPipeError()
    with pytest.raises(BrokenPipeError), Output([broken]) as output:
        output.show(DETECTION)


def test_a_sink_that_delivers_no_events_does_not_keep_a_run_alive():
    class Meter(ListSink):
        delivers_events = False

    broken = ListSink()
    broken.broken = BrokenPipeError()
    with pytest.raises(BrokenPipeError), Output([broken, Meter()]) as output:
        output.show(DETECTION)
