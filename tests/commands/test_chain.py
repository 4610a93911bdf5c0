"""From samples to events: what is counted, timed, and shown when it ends, breaks or is stopped."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import tiny_task
from edge.chain import Chain
from edge.chain import run as run_chain
from edge.decision.number import PAUSE, NumberDecision
from edge.errors import SourceError
from edge.events import Detection, Number, Rejection, Summary
from edge.features import FEATURES
from edge.model import Model
from edge.samples import MOTION, Chunk, Health
from edge.sink import Preview, Sink, StreamInfo


class Kept(Sink):
    def __init__(self) -> None:
        super().__init__(StreamInfo(tiny_task.RATE, MOTION, tiny_task.HINT))
        self.events: list[Detection | Rejection | Number | Summary] = []
        self.pulses = 0

    def show(self, event: Detection | Rejection | Number | Summary) -> None:
        self.events.append(event)

    def progress(self, health: Health, chunk: Chunk, preview: Preview | None = None) -> None:
        self.pulses += 1


@pytest.fixture
def model(tiny_network, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Model:
    monkeypatch.setitem(FEATURES, "tiny", tiny_task.FEATURES)
    path = tmp_path / "tiny.tflite"
    return Model.load(tiny_task.write_model(path, tiny_network.tflite, ["3", "8", "none"]))


def run(model: Model, source: tiny_task.ListSource, sink: Kept | None = None, **more) -> Kept:
    sink = sink or Kept()
    with source:
        run_chain(source, Chain(model), [sink], **more)
    return sink


def test_every_stroke_becomes_an_event_and_the_summary_comes_last(model):
    sink = run(model, tiny_task.ListSource(tiny_task.strokes(3)))
    *detections, summary = sink.events
    assert [event.label for event in detections] == ["3", "3", "3"]
    assert [event.t for event in detections] == [0.05, 0.15, 0.25]
    assert (summary.detections, summary.rejections, summary.health.samples) == (3, 0, 30)
    assert summary.health.rate == pytest.approx(100)
    assert summary.health.duration == pytest.approx(0.29)
    assert sink.pulses == 10


def test_a_stroke_that_the_end_cuts_off_is_still_shown(model):
    sink = run(model, tiny_task.ListSource(tiny_task.strokes(1)[:6]))
    assert [type(event) for event in sink.events] == [Detection, Summary]


def test_rejections_are_counted_apart(model):
    model.settings = model.settings.with_threshold(0.99)
    *rejections, summary = run(model, tiny_task.ListSource(tiny_task.strokes(2))).events
    assert [type(event) for event in rejections] == [Rejection, Rejection]
    assert (summary.detections, summary.rejections) == (0, 2)


def test_latency_is_waiting_and_computing(model, monkeypatch):
    scores = model.scores
    monkeypatch.setattr(
        model, "scores", lambda tensor, new_rows: time.sleep(0.03) or scores(tensor, new_rows)
    )
    started = time.perf_counter()
    event = run(model, tiny_task.ListSource(tiny_task.strokes(1))).events[0]
    most = (time.perf_counter() - started) * 1000
    assert 10 + 30 <= event.latency_ms <= 10 + most  # ax is 0 again one sample after the stroke


def test_showing_is_not_computing(model):
    class Slow(Kept):
        def show(self, event: Detection | Rejection | Number | Summary) -> None:
            super().show(event)
            time.sleep(0.5)

    source, sink = tiny_task.ListSource(tiny_task.strokes(2)), Slow()
    source.step = 100  # both strokes in one chunk
    run(model, source, sink)
    assert sink.events[1].latency_ms < 10 + 500


def test_a_source_that_breaks_still_gets_its_summary(model):
    sink = Kept()
    with pytest.raises(SourceError, match="torn"):
        run(model, tiny_task.ListSource(tiny_task.strokes(2), "break"), sink)
    assert [type(event) for event in sink.events] == [Detection, Detection, Summary]


def test_one_that_is_stopped_leaves_the_half_drawn_stroke(model):
    chunks = iter([False, True])  # the second chunk ends within the stroke
    source = tiny_task.ListSource(tiny_task.strokes(2))
    sink = run(model, source, stopping=lambda: next(chunks))
    (summary,) = sink.events
    assert isinstance(summary, Summary) and summary.health.samples == 6


def numbers(sink: Kept) -> list[tuple[str, float]]:
    return [(event.digits, event.t) for event in sink.events if isinstance(event, Number)]


def speak(model: Model, samples: np.ndarray, step: int, end: str = "end", **more) -> Kept:
    source, sink = tiny_task.ListSource(samples, end), Kept()
    source.step = step
    with source:
        decision = NumberDecision(model.decision())
        run_chain(source, Chain(model, decision), [sink], **more)
    return sink


@pytest.mark.parametrize("step", [1, 3, 7, 100, 1000])
def test_a_number_ends_while_there_are_no_windows_in_any_chunks(model, step):
    pause = np.zeros((int(PAUSE * tiny_task.RATE), 6), np.float32)
    samples = np.vstack([tiny_task.strokes(2), pause, pause, tiny_task.strokes(1)])
    sink = speak(model, samples, step)
    assert numbers(sink) == [("33", 0.15), ("3", pytest.approx(0.25 + 2 * PAUSE))]
    assert [type(event) for event in sink.events] == [
        *[Detection, Detection, Number],
        *[Detection, Number, Summary],
    ]
    summary = sink.events[-1]
    assert isinstance(summary, Summary) and (summary.detections, summary.rejections) == (3, 0)
    first = sink.events[2]
    assert isinstance(first, Number)
    assert first.latency_ms == pytest.approx(10 + PAUSE * 1000, abs=5)


def test_a_number_is_shown_as_soon_as_its_pause_is_over(model):
    """And not with the next digit, or at the end, for which one may wait for ever."""
    pause = np.zeros((int(PAUSE * tiny_task.RATE) + 10, 6), np.float32)
    seen: list[int] = []
    sink = Kept()

    def stopping() -> bool:
        seen.append(len(numbers(sink)))
        return False

    source = tiny_task.ListSource(np.vstack([tiny_task.strokes(1), pause]))
    with source:
        decision = NumberDecision(model.decision())
        run_chain(source, Chain(model, decision), [sink], stopping)
    assert seen[-3:] == [1, 1, 1] and seen[:10] == [0] * 10


def test_whoever_stops_it_still_gets_the_number_that_was_said(model):
    chunks = iter([False, False, False, True])
    sink = speak(model, tiny_task.strokes(2), 3, stopping=lambda: next(chunks))
    assert [type(event) for event in sink.events] == [Detection, Number, Summary]


def test_latency_counts_the_time_since_the_samples_were_captured(model, monkeypatch):
    """A queue in the source delays a detection as much as slow computing does."""
    samples = tiny_task.strokes(1)

    class Delayed(tiny_task.ListSource):
        def __iter__(self):
            for chunk in super().__iter__():
                yield replace(chunk, captured=time.monotonic() - 0.3)

    (direct, _), (delayed, _) = (
        run(model, source(samples)).events for source in (tiny_task.ListSource, Delayed)
    )
    assert direct.latency_ms < 100
    assert 300 <= delayed.latency_ms < 600
