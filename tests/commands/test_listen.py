"""kws-listen and sounddigit-listen: events of words and numbers, options and errors."""

from __future__ import annotations

import json
import re
import signal
from pathlib import Path
from typing import Any, TextIO

import numpy as np
import pytest

import tiny_sound
from command_process import start_program
from edge.cli.live import LiveCommand, live
from edge.cli.parser import CommandParser
from edge.commands import kws_listen, sounddigit_listen
from edge.decision.number import PAUSE
from edge.errors import ModelError
from edge.formats.sound import write_wav
from edge.model import Model
from edge.model.requirements import check_channels
from edge.samples import ACCEL, AUDIO, MOTION, Chunk
from edge.sink import StreamInfo
from edge.sink.json_lines import JsonLinesSink
from edge.source.selection import add_source_options, choose_source

HINT = "Say {words}."
NUMBERS = {"task": "sounddigit", "joins_digits": True}
POINTS = [
    {"false_per_hour": 0.1, "threshold": 1.0},
    {"false_per_hour": 5, "threshold": 0.4},
]
PROGRAM = """
import sys, tiny_sound
from edge.cli.live import LiveCommand, live
from edge.source import SOUND_SOURCES
sources = SOUND_SOURCES | tiny_sound.SOURCES
sys.exit(live(LiveCommand("tiny-listen", "Tiny.", "sounddigit", sources, "Say {words}.",
                          default_source="tiny", spots_words=True, joins_digits=True)))
"""


@pytest.fixture
def words(tiny_word_model: Path) -> Path:
    """A model for the words "yes" and "no"."""
    return tiny_word_model


@pytest.fixture
def digits(tmp_path: Path) -> Path:
    """A model for the digits 4 and 2."""
    return tiny_sound.write_model(tmp_path / "digits.tflite", "sounddigit", ["4", "2", "none"])


def write_model_with_points(folder: Path) -> Path:
    """Write a model for "yes" and "no" with two operating points."""
    labels = ["yes", "no", "silence"]
    return tiny_sound.write_model(folder / "m.tflite", "kws", labels, operating_points=POINTS)


def listen(*argv: str | Path, task: str = "kws", joins_digits: bool = False) -> int:
    """Run a listening command with the tiny microphone; return its exit status."""
    command = LiveCommand(
        *("tiny-listen", "Tiny.", task, tiny_sound.SOURCES, HINT),
        default_source="tiny",
        spots_words=True,
        joins_digits=joins_digits,
    )
    return live(command, [str(arg) for arg in argv])


def events(capsys: pytest.CaptureFixture[str], *argv: str | Path, **options: Any) -> list[dict]:
    """Run a listening command; return its JSON events after the one that says it is ready."""
    assert listen(*argv, "--json", **options) == 0
    printed = capsys.readouterr()
    assert printed.err == ""
    ready, *found = (json.loads(line) for line in printed.out.splitlines())
    assert ready["event"] == "ready"
    return found


def test_each_word_is_one_detection_and_silence_and_noise_are_none(words, capsys):
    *detections, summary = events(capsys, "--model", words, "--tiny", ".l----h.nn.hh.")
    assert [(event["event"], event["label"]) for event in detections] == [
        ("detection", "yes"),
        ("detection", "no"),
        ("detection", "no"),  # a long word, which is detected before it ends
    ]
    assert [event["t"] for event in detections] == pytest.approx([2.4, 3.6, 8.8], abs=0.3)
    assert all(event["score"] >= 0.6 for event in detections)
    assert summary["event"] == "summary" and summary["detections"] == 3
    assert not {"strokes", "rejected"} & set(summary)
    assert (summary["lost"], summary["clipped"], summary["rate"]) == (0, 0, 16000.0)


def test_a_word_that_is_said_three_times_is_detected_three_times(words, capsys):
    *detections, _ = events(capsys, "--model", words, "--tiny", ".l-----l-----l.")
    assert [event["label"] for event in detections] == ["yes"] * 3


def test_digits_are_joined_into_numbers(digits, capsys):
    found = events(capsys, "--model", digits, "--tiny", ".l---h.hhh.--l", **NUMBERS)
    recognised = [event.get("label") or event.get("digits") for event in found[:-1]]
    assert recognised == ["4", "2", "42", "2", "2", "4", "4"]
    number = next(event for event in found if event["event"] == "number")
    assert number["t"] == found[1]["t"] and 0 <= number["latency_ms"] - 1000 * PAUSE < 150
    assert found[-1]["detections"] == 4


@pytest.mark.parametrize("step", ["97", "441", "5000", "1000000"])
def test_the_events_do_not_depend_on_the_chunk_size(digits, capsys, step):
    def without_latency(step: str) -> list[tuple]:
        options = ("--model", digits, "--tiny", ".l---h.n.h", "--step", step)
        found = events(capsys, *options, **NUMBERS)
        return [(e["event"], e.get("label"), e.get("digits"), e.get("t")) for e in found]

    assert without_latency(step) == without_latency("320")


def test_without_json_the_summary_of_words_has_no_strokes(words, capsys):
    assert listen("--model", words, "--tiny", ".l.") == 0
    text = capsys.readouterr().out
    assert "  yes  0." in text and "1 recognised" in text and "stroke" not in text


def test_without_a_source_option_the_default_source_is_used(words, capsys):
    *detections, _ = events(capsys, "--model", words)
    assert [event["label"] for event in detections] == ["yes"]


def test_the_hint_names_the_words_of_the_model(words, capsys, monkeypatch):
    hints = []
    create = JsonLinesSink.__init__

    def store_hint(self: JsonLinesSink, info: StreamInfo, stream: TextIO | None = None) -> None:
        hints.append(info.hint)
        create(self, info, stream)

    monkeypatch.setattr(JsonLinesSink, "__init__", store_hint)
    events(capsys, "--model", words)
    assert hints == ["Say yes or no."]


def test_a_threshold_applies_to_all_words(words, capsys):
    (summary,) = events(capsys, "--model", words, "--tiny", ".l.", "--threshold", "1")
    assert summary["detections"] == 0


@pytest.mark.parametrize(("budget", "labels"), [("0.5", []), ("7", ["yes", "no"])])
def test_a_budget_of_false_accepts_chooses_an_operating_point(tmp_path, capsys, budget, labels):
    model = write_model_with_points(tmp_path)
    options = ("--model", model, "--tiny", ".l----h.", "--max-false-per-hour", budget)
    *detections, _ = events(capsys, *options)
    assert [event["label"] for event in detections] == labels


@pytest.mark.parametrize("typed", ["--threshold=1", "--max-false-per-hour=0.5"])
def test_a_threshold_or_budget_on_the_command_line_takes_precedence_over_the_environment(
    tmp_path, capsys, monkeypatch, typed
):
    model = write_model_with_points(tmp_path)
    for name, value in (("EDGE_THRESHOLD", "0.1"), ("EDGE_MAX_FALSE_PER_HOUR", "7")):
        if name != "EDGE" + typed.partition("=")[0][1:].replace("-", "_").upper():
            monkeypatch.setenv(name, value)
    assert len(events(capsys, "--model", model, "--tiny", ".l----h.", typed)) == 1  # the summary


def error_line(capsys: pytest.CaptureFixture[str], *argv: str | Path) -> str:
    """Run a listening command that must fail; return its one line on stderr."""
    assert listen(*argv) == 1
    printed = capsys.readouterr()
    assert printed.out == "" and printed.err.count("\n") == 1
    return printed.err


def test_an_impossible_budget_is_an_error_of_one_line(tmp_path, words, capsys):
    assert "leave --max-false-per-hour out" in error_line(
        capsys, "--model", words, "--max-false-per-hour", "1"
    )
    model = write_model_with_points(tmp_path)
    too_strict = ("--model", model, "--max-false-per-hour", "0.05")
    assert "give --max-false-per-hour 0.1 or more" in error_line(capsys, *too_strict)
    assert "give one" in error_line(capsys, *too_strict, "--threshold", "0.5")


@pytest.mark.parametrize("budget", ["-1", "nan", "inf", "few"])
def test_a_budget_that_is_not_a_number_is_a_usage_error(words, capsys, budget):
    with pytest.raises(SystemExit) as stop:
        listen("--model", words, f"--max-false-per-hour={budget}")
    assert stop.value.code == 2 and "--max-false-per-hour" in capsys.readouterr().err


def test_a_model_for_another_task_is_refused(digits, capsys):
    assert "sounddigit" in error_line(capsys, "--model", digits)


def test_a_source_without_sound_is_refused(words, capsys):
    assert error_line(capsys, "--model", words, "--other-channels", "1") == (
        "tiny-listen: error: the input is only acceleration (ax, ay, az), and the model needs "
        "sound (audio): use a microphone\n"
    )


def test_a_model_for_motion_needs_all_channels_of_motion(tiny_stroke_model):
    model = Model.load(tiny_stroke_model)
    message = "the input is only sound .*, and the model needs motion .*: use a motion sensor"
    with pytest.raises(ModelError, match=message):
        check_channels(model, AUDIO)
    check_channels(model, MOTION)
    with pytest.raises(ModelError, match="also needs rotation"):
        check_channels(model, ACCEL)


def test_an_error_of_the_microphone_is_printed_after_the_summary(words, capsys):
    assert listen("--model", words, "--tiny", ".l.", "--end", "break", "--json") == 1
    printed = capsys.readouterr()
    kinds = [json.loads(line)["event"] for line in printed.out.splitlines()]
    assert kinds == ["ready", "detection", "error", "summary"]
    assert printed.err.endswith("the device was unplugged: plug it in again\n")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_after_a_signal_the_number_and_the_summary_are_printed(digits, number):
    options = ("--model", digits, "--tiny", ".l---h---", "--end", "wait", "--json")
    with start_program(PROGRAM, *options) as running:
        assert running.stdout is not None and running.stderr is not None
        first = [json.loads(running.stdout.readline()) for _ in range(3)]
        assert [event.get("label") for event in first] == [None, "4", "2"]
        running.send_signal(number)
        rest = [json.loads(line) for line in running.stdout]
        assert [event["event"] for event in rest] == ["number", "summary"]
        assert rest[0]["digits"] == "42"
        assert running.wait(10) == 0 and running.stderr.read() == ""


def test_a_file_and_a_pipe_give_the_same_events_as_a_microphone(digits, tmp_path):
    text = ".l---h.n.h-"
    samples, file, raw = tiny_sound.say(text), tmp_path / "a.wav", tmp_path / "a.raw"
    write_wav(file, samples, tiny_sound.RATE)
    raw.write_bytes(np.rint(samples * 32768).astype("<i2").tobytes())

    def without_latency(*argv: str | Path, **how: object) -> list[tuple]:
        with start_program(PROGRAM, "--model", digits, *argv, "--json", **how) as running:
            out, err = running.communicate(timeout=20)
        assert (running.returncode, err) == (0, "")
        found = map(json.loads, out.splitlines())
        return [(e["event"], e.get("label") or e.get("digits"), e.get("t")) for e in found]

    live = without_latency("--tiny", text)
    assert [label for _, label, _ in live] == [None, "4", "2", "42", "2", "2", None]
    assert without_latency("--replay", file, "--speed", "max") == live
    with raw.open("rb") as stdin:
        assert without_latency("--pcm", stdin=stdin) == live


# The default source


def chosen_source(*argv: str) -> tiny_sound.TinyMicrophone:
    """The source that the options choose, with the tiny microphone as the default."""
    parser = CommandParser("tiny", "")
    add_source_options(parser, tiny_sound.SOURCES, "tiny")
    requirements = {"channels": ["audio"], "rate_hz": 16000}
    args = parser.parse_args(list(argv))
    source = choose_source(args, tiny_sound.SOURCES, requirements, "tiny")
    assert isinstance(source, tiny_sound.TinyMicrophone)
    return source


def test_the_default_source_has_the_values_of_its_options():
    assert (chosen_source().text, chosen_source("--step", "7").step) == (".l.", 7)
    assert chosen_source("--tiny", "h").text == "h"


def test_the_help_names_the_default_source(capsys):
    with pytest.raises(SystemExit):
        listen("--help")
    assert "choose one (default: --tiny)" in " ".join(capsys.readouterr().out.split())


# The help of the commands


@pytest.mark.parametrize("command", [kws_listen, sounddigit_listen])
def test_the_help_has_all_sources_and_variables(command, capsys):
    with pytest.raises(SystemExit) as stop:
        command.main(["--help"])
    assert stop.value.code == 0
    text = capsys.readouterr().out
    for option in ("--mock", "--device", "--replay", "--pcm", "--json", "--max-false-per-hour"):
        assert f"{option} " in text
    assert "[EDGE_MAX_FALSE_PER_HOUR]" in text and "default: --device" in text


@pytest.mark.parametrize("command", [kws_listen, sounddigit_listen])
def test_every_option_in_the_examples_of_the_help_exists(command, capsys):
    with pytest.raises(SystemExit):
        command.main(["--help"])
    assert command.__doc__ is not None
    used = {word for word in command.__doc__.split() if word.startswith("--")}
    options = capsys.readouterr().out.partition("\noptions:\n")[2]
    assert used <= set(re.findall(r"--[a-z-]+", options))


# One word in a recording, at any position


@pytest.mark.parametrize("text", ["l", "l--", "--l", ".l", "l.", ".l.", ".n.l.", "....l"])
def test_the_word_of_a_recording_is_found_at_any_position(words, text):
    model = Model.load(words)
    samples = tiny_sound.say(text)[:, None]
    chunk = Chunk(np.arange(len(samples)) / tiny_sound.RATE, samples)
    assert model.labels[model.score_recording(chunk).argmax()] == "yes"
    windows = model.windows_of_recording(chunk)
    best = max(windows, key=lambda window: model.scores(window.tensor)[0])
    end = len(tiny_sound.say(text[: text.index("l") + 1])) / tiny_sound.RATE
    assert len(text) < 4 or end - 0.4 < best.t < end + 1


@pytest.mark.parametrize("text", ["n", ".", ".n."])
def test_a_recording_without_a_word_gets_the_background_label(words, text):
    model = Model.load(words)
    samples = tiny_sound.say(text)[:, None]
    chunk = Chunk(np.arange(len(samples)) / tiny_sound.RATE, samples)
    assert model.labels[model.score_recording(chunk).argmax()] == "silence"
