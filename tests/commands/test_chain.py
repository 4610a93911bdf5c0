"""The chain: events and their times, and the summary after an end, an error or a stop."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import tiny_task
from edge.chain import Chain
from edge.chain import run as run_chain
from edge.decision.number import PAUSE
from edge.errors import SourceError
from edge.events import Detection, Failure, Number, Rejection, RunEvent, Summary
from edge.model import Model
from edge.samples import MOTION, Chunk, Health
from edge.sink import Preview, Sink, StreamInfo
from tiny_task import StrokeSource, strokes


class ListSink(Sink):
    """Stores all events, and counts the calls of `progress`."""

    def __init__(self) -> None:
        super().__init__(StreamInfo(tiny_task.RATE, MOTION, tiny_task.HINT))
        self.events: list[RunEvent] = []
        self.progress_calls = 0

    def show(self, event: RunEvent) -> None:
        self.events.append(event)

    def progress(self, health: Health, chunk: Chunk, preview: Preview | None = None) -> None:
        self.progress_calls += 1

    @property
    def kinds(self) -> list[type]:
        return [type(event) for event in self.events]

    @property
    def numbers(self) -> list[tuple[str, float]]:
        return [(event.digits, event.t) for event in self.events if isinstance(event, Number)]


@pytest.fixture
def model(tiny_stroke_model: Path) -> Model:
    return Model.load(tiny_stroke_model)


def run(
    model: Model,
    source: StrokeSource,
    sink: ListSink | None = None,
    join_digits: bool = False,
    **options,
) -> ListSink:
    """Run the chain of the model, with digits joined into numbers or not; return the sink."""
    sink = sink or ListSink()
    with source:
        chain = Chain(model, joins_digits=join_digits)
        run_chain(source, chain, [sink], **options)
    return sink


def rest(seconds: float) -> np.ndarray:
    """Samples without a stroke."""
    return np.zeros((round(seconds * tiny_task.RATE), 6), np.float32)


def test_every_stroke_becomes_an_event_and_the_summary_comes_last(model):
    sink = run(model, StrokeSource(strokes(3)))
    *detections, summary = sink.events
    assert [event.label for event in detections] == ["3", "3", "3"]
    assert [event.t for event in detections] == [0.05, 0.15, 0.25]
    assert (summary.detections, summary.rejections, summary.health.samples) == (3, 0, 30)
    assert summary.health.rate == pytest.approx(100)
    assert summary.health.duration == pytest.approx(0.29)
    assert sink.progress_calls == 10


def test_a_stroke_at_the_end_of_the_samples_is_detected(model):
    sink = run(model, StrokeSource(strokes(1)[:6]))
    assert sink.kinds == [Detection, Summary]


def test_the_summary_counts_rejections_separately(model):
    model.settings = model.settings.with_threshold(0.99)
    sink = run(model, StrokeSource(strokes(2)))
    summary = sink.events[-1]
    assert sink.kinds == [Rejection, Rejection, Summary]
    assert (summary.detections, summary.rejections) == (0, 2)


def test_latency_is_waiting_time_plus_computing_time(model, monkeypatch):
    scores = model.scores
    monkeypatch.setattr(
        model, "scores", lambda tensor, new_rows: time.sleep(0.03) or scores(tensor, new_rows)
    )
    started = time.perf_counter()
    event = run(model, StrokeSource(strokes(1))).events[0]
    elapsed_ms = (time.perf_counter() - started) * 1000
    # The wait is 10 ms: ax is 0 again one sample after the stroke.
    assert 10 + 30 <= event.latency_ms <= 10 + elapsed_ms


def test_latency_does_not_include_the_time_to_show_earlier_events(model):
    class SlowSink(ListSink):
        def show(self, event: RunEvent) -> None:
            super().show(event)
            time.sleep(0.5)

    both_in_one_chunk = StrokeSource(strokes(2), step=100)
    sink = run(model, both_in_one_chunk, SlowSink())
    assert sink.events[1].latency_ms < 10 + 500


def test_latency_includes_the_time_since_the_samples_were_captured(model):
    """A queue in the source delays a detection as much as slow computing does."""

    class DelayedSource(StrokeSource):
        def __iter__(self) -> Iterator[Chunk]:
            for chunk in super().__iter__():
                yield replace(chunk, captured=time.monotonic() - 0.3)

    direct, delayed = (
        run(model, source(strokes(1))).events[0] for source in (StrokeSource, DelayedSource)
    )
    assert direct.latency_ms < 100
    assert 300 <= delayed.latency_ms < 600


def test_the_summary_is_shown_after_an_error_of_the_source(model):
    sink = ListSink()
    with pytest.raises(SourceError, match="unplugged"):
        run(model, StrokeSource(strokes(2), "break"), sink)
    assert sink.kinds == [Detection, Detection, Failure, Summary]
    assert sink.events[2] == Failure("the device was unplugged: plug it in again", True, 0.19)


def test_an_unfinished_stroke_is_discarded_when_the_run_is_stopped(model):
    stopping = iter([False, True])  # the second chunk ends within the stroke
    sink = run(model, StrokeSource(strokes(2)), stopping=lambda: next(stopping))
    (summary,) = sink.events
    assert isinstance(summary, Summary) and summary.health.samples == 6


# Numbers


@pytest.mark.parametrize("step", [1, 3, 7, 100, 1000])
def test_a_pause_without_windows_ends_a_number_with_any_chunk_size(model, step):
    samples = np.vstack([strokes(2), rest(2 * PAUSE), strokes(1)])
    sink = run(model, StrokeSource(samples, step=step), join_digits=True)
    assert sink.numbers == [("33", 0.15), ("3", pytest.approx(0.25 + 2 * PAUSE))]
    assert sink.kinds == [Detection, Detection, Number, Detection, Number, Summary]
    summary = sink.events[-1]
    assert isinstance(summary, Summary) and (summary.detections, summary.rejections) == (3, 0)
    first = sink.events[2]
    assert isinstance(first, Number)
    assert first.latency_ms == pytest.approx(10 + PAUSE * 1000, abs=5)


def test_a_number_is_shown_as_soon_as_its_pause_is_over(model):
    """It must not wait for the next digit or for the end, which may never come."""
    source, sink = StrokeSource(np.vstack([strokes(1), rest(PAUSE + 0.1)])), ListSink()
    counts: list[int] = []

    def stopping() -> bool:
        counts.append(len(sink.numbers))
        return False

    run(model, source, sink, join_digits=True, stopping=stopping)
    assert counts[-3:] == [1, 1, 1] and counts[:10] == [0] * 10


def test_an_unfinished_number_is_shown_when_the_run_is_stopped(model):
    stopping = iter([False, False, False, True])
    source = StrokeSource(strokes(2))
    sink = run(model, source, join_digits=True, stopping=lambda: next(stopping))
    assert sink.kinds == [Detection, Number, Summary]
