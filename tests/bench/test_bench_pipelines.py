"""The rows of pipelines: processor time of each stage, delay and number of detections."""

from __future__ import annotations

import json
import time

import pytest

import sound_network
from edge.bench.detections import KnownDetection, delays_and_counts
from edge.bench.workers.stage_timer import StageTimer
from edge.simulation.ground_truth import Mark


def test_stroke_pipeline_has_active_and_idle_rows(stroke_file, quick_benchmark):
    record = quick_benchmark(pipelines=(str(stroke_file), "nobody"), signal_s=20.0)
    active, idle, *unknown = record["pipelines"]
    assert (active["signal"], idle["signal"]) == ("active", "idle")
    assert 20 <= active["signal_s"] < 21
    assert active["marks"] > 2 and idle["marks"] == 0
    assert active["cpu_ms_per_s"] > 0 and active["fit_on_one_core"] > 1
    assert set(active["stages_ms"]) == {"source", "features", "model", "decision", "sink"}
    assert all(spent > 0 for spent in active["stages_ms"].values())
    assert all("no shipped model" in row["error"] for row in unknown)
    json.dumps(record, allow_nan=False)


def test_sound_pipeline_times_every_stage(tmp_path, quick_benchmark):
    path = sound_network.write_model(tmp_path / "sound.tflite")
    active, idle = quick_benchmark(pipelines=(str(path),))["pipelines"]
    assert active["cpu_ms_per_s"] > 0
    assert idle["idle"] == "a quiet room"
    assert all(spent > 0 for spent in active["stages_ms"].values())


def test_delay_is_the_time_from_the_end_of_the_word_to_the_event():
    marks = [Mark("one", 1.0, 1.5), Mark("two", 3.0, 3.4), Mark("one", 5.0, 5.5), Mark("x", 8, 9)]
    detections = [
        KnownDetection("one", 1.5, 1.75),
        KnownDetection("one", 3.5, 3.6),
        KnownDetection("two", 9.9, 9.9),
    ]
    found = delays_and_counts(marks, detections, {"one", "two"}, tolerance_s=1.0)
    assert found["delay_ms"]["p50"] == pytest.approx(250)
    assert {name: found[name] for name in ("marks", "right", "wrong", "extra")} == {
        "marks": 3,
        "right": 1,
        "wrong": 1,
        "extra": 1,
    }
    assert delays_and_counts([], [], set(), tolerance_s=1.0)["delay_ms"] is None


def test_stage_timer_excludes_the_time_of_the_consumer(monkeypatch):
    now = [0]
    monkeypatch.setattr(time, "thread_time_ns", lambda: now[0])

    class Stage:
        labels = ("a",)

        def __iter__(self):
            for _ in range(3):
                now[0] += 5
                yield "item"

        def process(self, item):
            now[0] += 2  # the time of the generator
            yield item
            now[0] += 2

        def scores(self, window):
            now[0] += 7
            return window

    timer = StageTimer()
    names = ("source", "features", "model")
    source, features, model = (timer.wrap(name, Stage()) for name in names)
    for item in source:
        now[0] += 1000  # the time of the consumer
        for window in features.process(item):
            assert model.scores(window) == "item"
    assert dict(timer.spent_ns) == {"source": 15, "features": 12, "model": 21}
    assert model.labels == ("a",)
