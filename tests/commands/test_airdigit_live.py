"""The live command for strokes: its output, its options, how it is stopped, and its errors."""

from __future__ import annotations

import difflib
import json
import signal
from pathlib import Path

import pytest

import tiny_task
from command_process import start_program
from edge.cli.live import LiveCommand, live
from edge.commands import airdigit_live
from edge.model import Manifest, attach

PROGRAM = """
import sys, tiny_task
from edge.cli.live import LiveCommand, live
from edge.features import FEATURES
FEATURES["tiny"] = tiny_task.FEATURES
command = LiveCommand("tiny-live", "Tiny.", "tiny", tiny_task.SOURCES, tiny_task.HINT)
sys.exit(live(command))
"""


@pytest.fixture
def model(tiny_stroke_model: Path) -> Path:
    return tiny_stroke_model


def tiny_live(*argv: str | Path) -> int:
    """Run a live command for the tiny task; return its exit status."""
    command = LiveCommand("tiny-live", "Tiny.", "tiny", tiny_task.SOURCES, tiny_task.HINT)
    return live(command, [str(arg) for arg in argv])


def test_json_has_one_object_for_each_stroke_and_one_summary(model, capsys):
    assert tiny_live("--model", model, "--strokes", "end", "--json") == 0
    _, *detections, summary = map(json.loads, capsys.readouterr().out.splitlines())
    assert [(d["event"], d["label"], d["t"]) for d in detections] == [
        ("detection", "3", 0.05),
        ("detection", "3", 0.15),
    ]
    assert detections[0]["score"] == pytest.approx(0.8958, abs=0.02)
    assert sum(detections[0]["scores"].values()) == pytest.approx(1, abs=0.02)
    assert summary["event"] == "summary"
    assert (summary["strokes"], summary["detections"], summary["rejected"]) == (2, 2, 0)
    assert (summary["samples"], summary["rate"]) == (20, 100.0)


def test_without_json_the_summary_is_text(model, capsys):
    assert tiny_live("--model", model, "--strokes", "end") == 0
    assert "2 strokes: 2 recognised, 0 rejected" in capsys.readouterr().out


def test_the_threshold_can_be_raised(model, capsys):
    assert tiny_live("--model", model, "--strokes", "end", "--json", "--threshold", "0.95") == 0
    _, *rejections, summary = map(json.loads, capsys.readouterr().out.splitlines())
    assert [event["reason"][:17] for event in rejections] == ["unsure: 3 or none"] * 2
    assert (summary["detections"], summary["rejected"]) == (0, 2)


@pytest.mark.parametrize("score", ["1.5", "-0.1", "nan", "much"])
def test_a_threshold_that_is_not_a_score_is_a_usage_error(model, score, capsys):
    with pytest.raises(SystemExit) as stop:
        tiny_live("--model", model, "--strokes", "end", f"--threshold={score}")
    assert stop.value.code == 2 and "--threshold" in capsys.readouterr().err


def test_all_options_can_be_environment_variables(model, capsys, monkeypatch):
    for name, value in {"MODEL": str(model), "STROKES": "end", "JSON": "1"}.items():
        monkeypatch.setenv("EDGE_" + name, value)
    assert tiny_live() == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["event"] == "summary"


def test_an_error_of_the_source_is_printed_after_the_summary(model, capsys):
    assert tiny_live("--model", model, "--strokes", "break", "--json") == 1
    printed = capsys.readouterr()
    events = [json.loads(line)["event"] for line in printed.out.splitlines()]
    assert events == ["ready", "detection", "detection", "error", "summary"]
    assert printed.err == "tiny-live: error: the device was unplugged: plug it in again\n"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_command_with_one_summary_and_status_0(model, number):
    with start_program(PROGRAM, "--model", model, "--strokes", "wait", "--json") as running:
        assert running.stdout is not None and running.stderr is not None
        assert json.loads(running.stdout.readline())["event"] == "ready"
        assert json.loads(running.stdout.readline())["label"] == "3"
        running.send_signal(number)
        rest = [json.loads(line)["event"] for line in running.stdout]
        assert rest.count("summary") == 1 and rest[-1] == "summary"
        assert running.wait(10) == 0
        assert running.stderr.read() == ""


def test_the_command_ends_without_error_when_its_output_is_closed(model):
    with start_program(PROGRAM, "--model", model, "--strokes", "wait", "--json") as running:
        assert running.stdout is not None and running.stderr is not None
        running.stdout.readline()
        running.stdout.close()
        running.send_signal(signal.SIGTERM)
        assert running.wait(10) == 0
        assert running.stderr.read() == ""


def test_the_error_without_a_source_names_the_options(model, capsys):
    assert tiny_live("--model", model) == 1
    assert capsys.readouterr().err.startswith("tiny-live: error: choose a source: --strokes")


def test_a_sensor_without_gyroscope_is_refused(model, capsys):
    assert tiny_live("--model", model, "--strokes", "end", "--columns", "3") == 1
    assert capsys.readouterr().err == (
        "tiny-live: error: the input is only acceleration (ax, ay, az), and the model also needs "
        "rotation (gx, gy, gz): use a sensor with a gyroscope, such as the MPU6050, and a sketch "
        "that sends it (firmware_bridge has one)\n"
    )


def test_the_error_for_a_missing_channel_names_a_shipped_model_that_fits(
    model, tiny_network, tmp_path, monkeypatch, capsys
):
    monkeypatch.setattr("edge.model.shipped.shipped_folder", lambda: tmp_path)
    specification = {"kind": "tiny", "sensor": {"channels": ["ax", "ay", "az"]}}
    manifest = Manifest("tiny", ["3", "8", "none"], specification, {"kind": "single"})
    (tmp_path / "tiny_accel.tflite").write_bytes(attach(tiny_network.tflite, manifest))
    other = Manifest("other", ["3", "8", "none"], specification, {"kind": "single"})
    (tmp_path / "other_accel.tflite").write_bytes(attach(tiny_network.tflite, other))
    assert tiny_live("--model", model, "--strokes", "end", "--columns", "3") == 1
    assert capsys.readouterr().err.endswith(", or use the model tiny_accel\n")


def test_a_model_for_another_task_is_refused(model, capsys):
    assert airdigit_live.main(["--model", str(model), "--mock"]) == 1
    assert "'tiny'" in capsys.readouterr().err


def test_the_help_has_examples_and_variables(capsys):
    with pytest.raises(SystemExit) as stop:
        airdigit_live.main(["--help"])
    assert stop.value.code == 0
    text = capsys.readouterr().out
    for line in ("airdigit-live --mock ", "[EDGE_PORT]", "[EDGE_JSON]", "[EDGE_MODEL]"):
        assert line in text


def test_the_digits_of_a_simulated_hand_are_recognised(capsys):
    digits = "3141592653"
    argv = ["--mock", "--digits", digits, "--seed", "1", "--speed", "max", "--json"]
    assert airdigit_live.main(argv) == 0
    *events, summary = map(json.loads, capsys.readouterr().out.splitlines())
    found = "".join(event["label"] for event in events if event["event"] == "detection")
    assert difflib.SequenceMatcher(None, digits, found).ratio() >= 0.8
    assert all(event["latency_ms"] > 0 for event in events if event["event"] == "detection")
    assert summary["event"] == "summary" and summary["detections"] == len(found)
    assert summary["rate"] == pytest.approx(100, rel=0.05)


def test_the_same_seed_gives_the_same_events(capsys):
    runs = []
    for _ in range(2):
        argv = ["--mock", "--digits", "27", "--seed", "5", "--speed", "max", "--json"]
        assert airdigit_live.main(argv) == 0
        events = map(json.loads, capsys.readouterr().out.splitlines())
        unlike = {"latency_ms": None, "time": None, "id": None}
        runs.append([{**event, **unlike} for event in events])
    assert runs[0] == runs[1]


def test_a_recording_without_gyroscope_is_refused(tmp_path, capsys):
    take = tmp_path / "3_000.csv"
    take.write_text("0.01,0.02,0.98\n" * 75)
    assert airdigit_live.main(["--replay", str(take), "--json"]) == 1
    printed = capsys.readouterr()
    events = [json.loads(line) for line in printed.out.splitlines()]
    assert [event["event"] for event in events] == ["error", "summary"]
    assert "the model also needs rotation (gx, gy, gz)" in events[0]["message"]
    assert "the model also needs rotation (gx, gy, gz)" in printed.err
