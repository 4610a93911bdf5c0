"""edge-live: any model on the sources that its input fits."""

from __future__ import annotations

import json

import numpy as np
import pytest
from PIL import Image

from edge.commands import edge_classify
from edge.commands.edge_live import main
from edge.features import FEATURES
from edge.model import Manifest, attach
from pty_board import PtyPort, TextBoard

SINGLE = {"kind": "single", "threshold": 0}
IMAGE = {"kind": "image", "height": 2, "width": 4, "shape": [2, 4]}


def window(channels, rate=50):
    sensor = {"channels": list(channels), "rate_hz": rate}
    length = 8 // len(channels)
    return {"kind": "window", "length": length, "hop": 2, "shape": [2, 4], "sensor": sensor}


@pytest.fixture
def model(tiny_network, tmp_path):
    """Writes a model of three labels with this input."""

    def write(wanted, decision=SINGLE):
        specification = FEATURES.load(wanted["kind"]).specification(wanted)
        manifest = Manifest("own", ["a", "b", "c"], specification, decision)
        path = tmp_path / "own.tflite"
        path.write_bytes(attach(tiny_network.tflite, manifest))
        return path

    return write


def events(capsys, *arguments):
    capsys.readouterr()
    assert main([*map(str, arguments), "--json", "--speed", "max"]) == 0
    ready, *found, summary = map(json.loads, capsys.readouterr().out.splitlines())
    assert (ready["event"], ready["words"]) == ("ready", ["a", "b", "c"])
    found = [event for event in found if event["event"] == "detection"]
    assert summary["event"] == "summary" and summary["detections"] == len(found)
    assert "strokes" not in summary
    return found, ready


@pytest.mark.parametrize("channels", [("ppg",), ("x", "y"), ("ax", "ay", "az", "gx")])
def test_each_window_of_a_recording_is_a_detection(model, tmp_path, capsys, channels):
    path, rng = model(window(channels)), np.random.default_rng(0)
    if channels[0] == "ax":
        channels = ("ax", "ay", "az", "gx", "gy", "gz")
    rows = np.c_[np.arange(20) * 20, rng.uniform(-1, 1, (20, len(channels)))]
    header = ",".join(("t_ms", *channels))
    np.savetxt(tmp_path / "a.csv", rows, "%.4f", delimiter=",", header=header, comments="")
    found, ready = events(capsys, path, "--replay", tmp_path / "a.csv")
    length = 8 // min(4, len(channels))
    assert len(found) == (20 - length) // 2 + 1
    assert ready["rate"] == pytest.approx(50)
    assert edge_classify.main([str(path), str(tmp_path / "a.csv")]) == 0
    scores = json.loads(capsys.readouterr().out)["scores"]
    for label, score in scores.items():
        assert score == pytest.approx(np.mean([e["scores"][label] for e in found]), abs=0.01)


def test_images_are_shown_one_after_another(model, tmp_path, capsys):
    path = model(IMAGE)
    for name in "ab":
        pixels = np.random.default_rng(ord(name)).integers(0, 255, (2, 4)).astype(np.uint8)
        Image.fromarray(pixels).save(tmp_path / f"{name}.png")
    (tmp_path / "c.png").write_bytes(b"no image")
    found, _ = events(capsys, path, "--replay", tmp_path)
    assert [event["t"] for event in found] == [0, 1]
    assert edge_classify.main([str(path), str(tmp_path / "a.png"), str(tmp_path / "c.png")]) == 1
    first, second = map(json.loads, capsys.readouterr().out.splitlines())
    assert first["scores"] == found[0]["scores"]
    assert second["error"].startswith("is not an image")


@pytest.mark.parametrize("wanted", [IMAGE, window(("x", "y"))], ids=["image", "window"])
def test_the_mock_shows_that_a_model_runs(model, capsys, wanted):
    found, _ = events(capsys, model(wanted), "--mock", "--pause", "3", "--seed", "2")
    assert len(found) >= 3


def test_a_board_prints_a_line_of_numbers_for_each_sample(model, tmp_path, capsys):
    path, port = model(window(("x", "y"), rate=100)), PtyPort(tmp_path / "ttyUSB0")
    rows = (b"%d %.2f\n" % (k % 7, k / 100) for k in range(450))
    with TextBoard(port, rows, rate=100) as board:
        command = [str(path), "--port", str(port.path), "--json", "--health", "1"]
        code = _run_until(command, board)
    assert code == 0
    kinds = [json.loads(line)["event"] for line in capsys.readouterr().out.splitlines()]
    assert kinds[0] == "ready" and kinds.count("detection") > 50 and kinds[-1] == "summary"


def _run_until(command, board):
    """Run the command and stop it with a signal after some seconds."""
    import os
    import signal
    import threading

    timer = threading.Timer(6, lambda: os.kill(os.getpid(), signal.SIGINT))
    timer.start()
    try:
        return main(command)
    finally:
        timer.cancel()


def test_shipped_models_run_as_with_their_own_commands(capsys):
    assert main(["kws", "--mock", "--words", "yes", "--speed", "max", "--json"]) == 0
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [event["label"] for event in found if event["event"] == "detection"] == ["yes"]


def test_the_model_may_follow_an_option_or_be_a_variable(model, monkeypatch, capsys):
    path = model(window(("x",)))
    arguments = ["--mock", "--pause", "1", "--speed", "max", "--json"]
    assert main([*arguments, str(path)]) == 0
    first = capsys.readouterr().out.splitlines()
    monkeypatch.setenv("EDGE_MODEL", str(path))
    assert main(arguments) == 0
    assert len(capsys.readouterr().out.splitlines()) == len(first) > 3


def test_help_shows_the_options_of_the_sources_that_fit(model, capsys):
    for arguments, has, lacks in (
        ((), "MODEL", "--speed"),
        ((model(window(("x",))),), "--baud", "--address"),
        (("kws",), "--list-devices", "--baud"),
        (("airdigit",), "--address", "--list-devices"),
    ):
        with pytest.raises(SystemExit):
            main([*map(str, arguments), "--help"])
        shown = capsys.readouterr().out
        assert has in shown and lacks not in shown


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["none.tflite", "--mock"], "none.tflite does not exist"),
        (["nonsense"], "no shipped model 'nonsense'"),
        (["own.tflite"], "choose a source: --port or --replay or --mock"),
        (["own.tflite", "--replay", "short.csv"], "the samples come at 10 Hz"),
        (["own.tflite", "--replay", "wide.csv"], "has 4 columns, and the model needs x, y"),
    ],
)
def test_what_does_not_fit_is_one_clear_line(
    model, tmp_path, monkeypatch, capsys, arguments, message
):
    monkeypatch.chdir(tmp_path)
    model(window(("x", "y")))
    slow = "".join(f"{k / 10},1,2\n" for k in range(12))
    (tmp_path / "short.csv").write_text("t_s,x,y\n" + slow)
    (tmp_path / "wide.csv").write_text("1,2,3,4\n1,2,3,4\n")
    assert main([*arguments, "--speed", "max"][: len(arguments) + 2 * (len(arguments) > 1)]) == 1
    error = capsys.readouterr().err
    assert message in error and error.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["kws", "--port"], "--port does not fit a model of sound: choose from --device, "),
        (["airdigit", "--pcm=-"], "--pcm does not fit a model of motion: choose from --port, "),
        (["ecg", "--i2c", "1"], "--i2c does not fit a model of an ECG: choose from --port, "),
        (["kws", "--prt"], "unrecognized arguments: --prt"),
    ],
)
def test_a_source_that_does_not_fit_is_named_with_those_that_do(capsys, arguments, message):
    with pytest.raises(SystemExit) as stop:
        main(arguments)
    assert stop.value.code == 2 and message in capsys.readouterr().err
