"""Sinks that write JSON lines, to stdout or to a file, and the choice of sinks by options."""

from __future__ import annotations

import argparse
import io
import json
import os
from dataclasses import replace

import pytest

from edge.cli.output_options import add_output_options, open_sinks
from edge.cli.parser import CommandParser
from edge.errors import EdgeError
from edge.events import Detection, Summary
from edge.samples import AUDIO, MOTION, Health
from edge.sink import SINKS, Sink, StreamInfo
from edge.sink.json_lines import JsonLinesSink
from sample_events import DETECTION, NUMBER, READING, REJECTION, RETRACTION, health

OUTSIDE_OF_A_RUN = {"time": None, "device": "pi", "model": "airdigit", "id": None, "schema": 1}


def test_a_detection_is_one_line_with_rounded_numbers():
    stream = io.StringIO()
    JsonLinesSink(StreamInfo(100, MOTION), stream).show(DETECTION)
    assert stream.getvalue().startswith(
        '{"event": "detection", "label": "3", "score": 0.9123, "t": 12.346, "latency_ms": 41, '
        '"scores": {"0": 0.01, '
    )
    assert stream.getvalue().count("\n") == 1


def test_a_rejection_has_its_reason():
    stream = io.StringIO()
    JsonLinesSink(StreamInfo(100, MOTION), stream).show(REJECTION)
    line = json.loads(stream.getvalue())
    assert (line["event"], line["reason"], line["t"]) == ("rejection", "unsure: 3 at 0.41", 13.2)


def test_a_retraction_names_the_detection_that_is_not_valid_any_more():
    stream = io.StringIO()
    JsonLinesSink(StreamInfo(100, MOTION), stream).show(RETRACTION)
    line = json.loads(stream.getvalue())
    expected = {"event": "retracted", "label": "3", "t": 12.346, "latency_ms": 255}
    assert {key: line[key] for key in expected} == expected


@pytest.mark.parametrize("event", [DETECTION, REJECTION])
def test_events_of_strokes_say_how_the_stroke_was_interpreted(event):
    stream = io.StringIO()
    JsonLinesSink(StreamInfo(100, MOTION), stream).show(replace(event, stroke=READING))
    assert json.loads(stream.getvalue())["stroke"] == {
        "used": "angle",
        "angle_trust": 0.9,
        "position_trust": 0.25,
        "sign": 0.88,
        "other_label": "9",
        "movements": 2,
    }


def test_the_summary_has_the_health_of_the_stream():
    stream = io.StringIO()
    JsonLinesSink(StreamInfo(100, MOTION, device="pi", model="airdigit"), stream).show(
        Summary(health(lost=2, clipped=3, errors=4), 5, 6)
    )
    assert json.loads(stream.getvalue()) == {
        "event": "summary",
        "samples": 101,
        "lost": 2,
        "clipped": 3,
        "rate": 102.0,
        "strokes": 11,
        "detections": 5,
        "rejected": 6,
        "garbage": 0,
        "errors": 4,
        "reconnects": 0,
        "duration": 1.0,
        "dropped": 0,
        **OUTSIDE_OF_A_RUN,
    }


def test_the_summary_of_sound_has_no_strokes():
    stream = io.StringIO()
    JsonLinesSink(StreamInfo(16000, AUDIO), stream).show(Summary(health(), 5, 0))
    line = json.loads(stream.getvalue())
    assert line["detections"] == 5 and not {"strokes", "rejected"} & set(line)


def test_a_number_keeps_its_leading_zeros():
    stream = io.StringIO()
    JsonLinesSink(StreamInfo(16000, AUDIO), stream).show(NUMBER)
    assert stream.getvalue().startswith(
        '{"event": "number", "digits": "007", "t": 12.346, "latency_ms": 1234, "time": '
    )


def test_nan_and_infinity_become_null():
    stream = io.StringIO()
    sink = JsonLinesSink(StreamInfo(100, MOTION), stream)
    sink.show(Detection("3", float("nan"), 1.0, float("inf"), {"3": float("nan")}))
    sink.show(Summary(Health(), 0, 0))
    detection, summary = map(json.loads, stream.getvalue().splitlines())
    assert detection["score"] is detection["latency_ms"] is detection["scores"]["3"] is None
    assert summary["rate"] is None and summary["duration"] == 0


def test_every_line_is_flushed():
    with os.fdopen(os.memfd_create("lines"), "w") as stream:
        JsonLinesSink(StreamInfo(100, MOTION), stream).show(DETECTION)
        assert os.pread(stream.fileno(), 10, 0) == b'{"event": '


def test_only_events_of_simulated_sources_have_the_truth():
    stream = io.StringIO()
    sink = JsonLinesSink(StreamInfo(100, MOTION), stream)
    for truth in (None, "3", ""):
        sink.show(replace(DETECTION, truth=truth))
    unknown, right, nothing = (json.loads(line) for line in stream.getvalue().splitlines())
    assert "truth" not in unknown
    assert (right["truth"], nothing["truth"]) == ("3", None)


# The choice of sinks


def parsed(*argv: str) -> argparse.Namespace:
    parser = CommandParser("tiny", "")
    add_output_options(parser, SINKS)
    return parser.parse_args(argv)


def test_every_sink_of_the_table_can_be_loaded():
    assert all(issubclass(SINKS.load(name), Sink) for name in SINKS)


def test_a_json_file_is_appended_to_while_the_terminal_shows_the_events(tmp_path):
    path = tmp_path / "events.jsonl"
    path.write_text("{}\n")
    args = parsed("--json-file", str(path))
    sinks = open_sinks(args, SINKS, StreamInfo(100, MOTION))
    assert [type(sink).__name__ for sink in sinks] == ["TerminalSink", "JsonFileSink"]
    for sink in sinks:
        sink.show(DETECTION)
        sink.close()
    assert [json.loads(line).get("label") for line in path.read_text().splitlines()] == [None, "3"]


def test_json_on_stdout_replaces_the_terminal():
    args = parsed("--json")
    sinks = open_sinks(args, SINKS, StreamInfo(100, MOTION))
    assert [type(sink).__name__ for sink in sinks] == ["JsonLinesSink"]


def test_a_json_file_that_cannot_be_written_is_an_error_of_one_line(tmp_path):
    args = parsed("--json-file", str(tmp_path / "missing" / "e.jsonl"))
    with pytest.raises(EdgeError, match="choose another --json-file") as caught:
        open_sinks(args, SINKS, StreamInfo(100, MOTION))
    assert "\n" not in str(caught.value)
