"""kws-listen and sounddigit-listen: from sound to words and numbers, and what they refuse."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import tiny_sound
import tiny_task
from edge.cli.live import LiveCommand, live
from edge.cli.parser import CommandParser
from edge.commands import kws_listen, sounddigit_listen
from edge.decision.number import PAUSE
from edge.errors import ModelError
from edge.features import FEATURES
from edge.formats.sound import write_wav
from edge.model import Model
from edge.model.requirements import check_channels
from edge.samples import ACCEL, AUDIO, MOTION, Chunk
from edge.source import SOUND_SOURCES
from edge.source.selection import add_source_options, choose_source

TESTS = Path(__file__).parents[1]
HINT = "Say {words}."
SCRIPT = """
import sys, tiny_sound
from edge.cli.live import LiveCommand, live
from edge.source import SOUND_SOURCES
sources = SOUND_SOURCES | tiny_sound.SOURCES
sys.exit(live(LiveCommand("tiny-listen", "Tiny.", "sounddigit", sources, "Say {words}.",
                          default_source="tiny", spots_words=True, joins_digits=True)))
"""


def process(*argv: str | Path, **more: object) -> subprocess.Popen[str]:
    folders = os.pathsep.join([str(TESTS / "support"), str(TESTS.parent)])
    return subprocess.Popen(
        [sys.executable, "-c", SCRIPT, *map(str, argv), "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": folders},
        **more,
    )


@pytest.fixture(autouse=True)
def plain(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("EDGE_")]:
        monkeypatch.delenv(name)


@pytest.fixture
def words(tmp_path: Path) -> Path:
    return tiny_sound.write_model(tmp_path / "kws.tflite", "kws", ["yes", "no", "silence"])


@pytest.fixture
def digits(tmp_path: Path) -> Path:
    return tiny_sound.write_model(tmp_path / "digits.tflite", "sounddigit", ["4", "2", "none"])


def listen(*argv: str | Path, task: str = "kws", joins_digits: bool = False) -> int:
    command = LiveCommand(
        *("tiny-listen", "Tiny.", task, tiny_sound.SOURCES, HINT),
        default_source="tiny",
        spots_words=True,
        joins_digits=joins_digits,
    )
    return live(command, [str(arg) for arg in argv])


def events(capsys: pytest.CaptureFixture[str], *argv: str | Path, **more: object) -> list[dict]:
    assert listen(*argv, "--json", **more) == 0
    said = capsys.readouterr()
    assert said.err == ""
    return [json.loads(line) for line in said.out.splitlines()]


def test_each_word_is_one_event_and_silence_and_noise_are_none(words, capsys):
    *heard, summary = events(capsys, "--model", words, "--tiny", ".l----h.nn.hh.")
    assert [(event["event"], event["label"]) for event in heard] == [
        ("detection", "yes"),
        ("detection", "no"),
        ("detection", "no"),  # a long one, known before it ends
    ]
    assert [event["t"] for event in heard] == pytest.approx([2.4, 3.6, 8.8], abs=0.3)
    assert all(event["score"] >= 0.6 for event in heard)
    assert summary["event"] == "summary" and summary["detections"] == 3
    assert not {"strokes", "rejected"} & set(summary)
    assert (summary["lost"], summary["clipped"], summary["rate"]) == (0, 0, 16000.0)


def test_a_word_said_again_is_an_event_again(words, capsys):
    *heard, _ = events(capsys, "--model", words, "--tiny", ".l-----l-----l.")
    assert [event["label"] for event in heard] == ["yes"] * 3


def test_digits_become_numbers(digits, capsys):
    more = {"task": "sounddigit", "joins_digits": True}
    found = events(capsys, "--model", digits, "--tiny", ".l---h.hhh.--l", **more)
    said = [event.get("label") or event.get("digits") for event in found[:-1]]
    assert said == ["4", "2", "42", "2", "2", "4", "4"]
    number = next(event for event in found if event["event"] == "number")
    assert number["t"] == found[1]["t"] and 0 <= number["latency_ms"] - 1000 * PAUSE < 150
    assert found[-1]["detections"] == 4


@pytest.mark.parametrize("step", ["97", "441", "5000", "1000000"])
def test_the_events_are_the_same_in_any_chunks(digits, capsys, step):
    def told(step: str) -> list[tuple]:
        more = {"task": "sounddigit", "joins_digits": True}
        options = ("--model", digits, "--tiny", ".l---h.n.h", "--step", step)
        found = events(capsys, *options, **more)
        return [(e["event"], e.get("label"), e.get("digits"), e.get("t")) for e in found]

    assert told(step) == told("320")


def test_for_people_there_are_words_and_no_strokes(words, capsys):
    assert listen("--model", words, "--tiny", ".l.") == 0
    said = capsys.readouterr().out
    assert "  yes  0." in said and "1 recognised" in said and "stroke" not in said


def test_without_a_source_it_is_the_default_one(words, capsys):
    *heard, _ = events(capsys, "--model", words)
    assert [event["label"] for event in heard] == ["yes"]


def test_the_hint_names_the_models_words(words, capsys, monkeypatch):
    told = []
    monkeypatch.setattr("edge.sink.json_lines.JsonLinesSink.__init__", _collecting(told))
    events(capsys, "--model", words)
    assert told == ["Say yes or no."]


def _collecting(hints: list[str]) -> Callable[..., None]:
    from edge.sink import Sink, StreamInfo

    def init(self: Sink, info: StreamInfo, stream=None) -> None:
        hints.append(info.hint)
        Sink.__init__(self, info, stream)

    return init


def test_one_threshold_can_be_given_for_all_words(words, capsys):
    (summary,) = events(capsys, "--model", words, "--tiny", ".l.", "--threshold", "1")
    assert summary["detections"] == 0


POINTS = [
    {"false_per_hour": 0.1, "threshold": 1.0},
    {"false_per_hour": 5, "threshold": 0.4},
]


@pytest.mark.parametrize(("budget", "heard"), [("0.5", []), ("7", ["yes", "no"])])
def test_a_budget_of_false_words_moves_along_the_curve(tmp_path, capsys, budget, heard):
    labels = ["yes", "no", "silence"]
    model = tiny_sound.write_model(tmp_path / "m.tflite", "kws", labels, operating_points=POINTS)
    options = ("--model", model, "--tiny", ".l----h.", "--max-false-per-hour", budget)
    *found, _ = events(capsys, *options)
    assert [event["label"] for event in found] == heard


@pytest.mark.parametrize("typed", ["--threshold=1", "--max-false-per-hour=0.5"])
def test_what_is_typed_wins_over_its_counterpart_in_the_environment(
    tmp_path, capsys, monkeypatch, typed
):
    model = tiny_sound.write_model(
        tmp_path / "m.tflite", "kws", ["yes", "no", "silence"], operating_points=POINTS
    )
    for name, value in (("EDGE_THRESHOLD", "0.1"), ("EDGE_MAX_FALSE_PER_HOUR", "7")):
        if name != "EDGE" + typed.partition("=")[0][1:].replace("-", "_").upper():
            monkeypatch.setenv(name, value)
    assert len(events(capsys, "--model", model, "--tiny", ".l----h.", typed)) == 1  # the summary


def refused(capsys: pytest.CaptureFixture[str], *argv: str | Path) -> str:
    assert listen(*argv) == 1
    said = capsys.readouterr()
    assert said.out == "" and said.err.count("\n") == 1
    return said.err


def test_a_budget_that_cannot_be_kept_is_one_line(tmp_path, words, capsys):
    assert "leave --max-false-per-hour out" in refused(
        capsys, "--model", words, "--max-false-per-hour", "1"
    )
    labels = ["yes", "no", "silence"]
    model = tiny_sound.write_model(tmp_path / "m.tflite", "kws", labels, operating_points=POINTS)
    too_strict = ("--model", model, "--max-false-per-hour", "0.05")
    assert "give --max-false-per-hour 0.1 or more" in refused(capsys, *too_strict)
    assert "give one" in refused(capsys, *too_strict, "--threshold", "0.5")


@pytest.mark.parametrize("budget", ["-1", "nan", "inf", "few"])
def test_a_budget_that_is_no_number_is_a_usage_error(words, capsys, budget):
    with pytest.raises(SystemExit) as stop:
        listen("--model", words, f"--max-false-per-hour={budget}")
    assert stop.value.code == 2 and "--max-false-per-hour" in capsys.readouterr().err


def test_a_model_of_another_task_is_refused(digits, capsys):
    assert "sounddigit" in refused(capsys, "--model", digits)


def test_a_stream_of_something_else_is_refused(words, capsys):
    assert refused(capsys, "--model", words, "--other-channels", "1") == (
        "tiny-listen: error: the input is only acceleration (ax, ay, az), and the model needs "
        "sound (audio): use a microphone\n"
    )


def test_sound_is_no_motion(tiny_network, tmp_path, monkeypatch):
    monkeypatch.setitem(FEATURES, "tiny", tiny_task.FEATURES)
    path = tiny_task.write_model(tmp_path / "m.tflite", tiny_network.tflite, ["3", "8", "none"])
    with pytest.raises(
        ModelError, match="input is only sound .*needs motion .*: use a motion sensor"
    ):
        check_channels(Model.load(path), AUDIO)
    check_channels(Model.load(path), MOTION)
    with pytest.raises(ModelError, match="also needs rotation"):
        check_channels(Model.load(path), ACCEL)


def test_a_microphone_that_breaks_is_an_error_after_the_summary(words, capsys):
    assert listen("--model", words, "--tiny", ".l.", "--end", "break", "--json") == 1
    said = capsys.readouterr()
    assert [json.loads(line)["event"] for line in said.out.splitlines()] == ["detection", "summary"]
    assert said.err.endswith("the microphone went away: plug it in again\n")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_still_brings_the_number_and_the_summary(digits, number):
    options = ("--model", digits, "--tiny", ".l---h---", "--end", "wait")
    with process(*options) as running:
        assert running.stdout is not None and running.stderr is not None
        assert [json.loads(running.stdout.readline())["label"] for _ in "42"] == ["4", "2"]
        running.send_signal(number)
        rest = [json.loads(line) for line in running.stdout]
        assert [event["event"] for event in rest] == ["number", "summary"]
        assert rest[0]["digits"] == "42"
        assert running.wait(10) == 0 and running.stderr.read() == ""


def test_a_file_and_a_pipe_tell_the_same_as_the_microphone(digits, tmp_path):
    text = ".l---h.n.h-"
    samples, file, raw = tiny_sound.say(text), tmp_path / "a.wav", tmp_path / "a.raw"
    write_wav(file, samples, tiny_sound.RATE)
    raw.write_bytes(np.rint(samples * 32768).astype("<i2").tobytes())

    def told(*argv: str | Path, **more: object) -> list[tuple]:
        with process("--model", digits, *argv, **more) as running:
            said, complaint = running.communicate(timeout=20)
        assert (running.returncode, complaint) == (0, "")
        found = map(json.loads, said.splitlines())
        return [(e["event"], e.get("label") or e.get("digits"), e.get("t")) for e in found]

    live = told("--tiny", text)
    assert [what for _, what, _ in live] == ["4", "2", "42", "2", "2", None]
    assert told("--replay", file, "--speed", "max") == live
    with raw.open("rb") as stdin:
        assert told("--pcm", stdin=stdin) == live


# The default source


def chosen(*argv: str) -> tiny_sound.TinyMicrophone:
    parser = CommandParser("tiny", "")
    add_source_options(parser, tiny_sound.SOURCES, "tiny")
    requirements = {"channels": ["audio"], "rate_hz": 16000}
    args = parser.parse_args(list(argv))
    source = choose_source(args, tiny_sound.SOURCES, requirements, "tiny")
    assert isinstance(source, tiny_sound.TinyMicrophone)
    return source


def test_the_default_source_keeps_its_other_options_and_gives_way():
    assert (chosen().text, chosen("--step", "7").step) == (".l.", 7)
    assert chosen("--tiny", "h").text == "h"


def test_the_help_names_the_default(capsys):
    with pytest.raises(SystemExit):
        listen("--help")
    assert "choose one (default: --tiny)" in " ".join(capsys.readouterr().out.split())


# The commands themselves


@pytest.mark.parametrize("command", [kws_listen, sounddigit_listen])
def test_the_help_teaches(command, capsys):
    with pytest.raises(SystemExit) as stop:
        command.main(["--help"])
    assert stop.value.code == 0
    said = capsys.readouterr().out
    for option in ("--mock", "--device", "--replay", "--pcm", "--json", "--max-false-per-hour"):
        assert f"{option} " in said
    assert "[EDGE_MAX_FALSE_PER_HOUR]" in said and "default: --device" in said


def test_every_option_that_the_help_shows_exists():
    parser = CommandParser("all", "")
    add_source_options(parser, SOUND_SOURCES)
    known = {text for action in parser._actions for text in action.option_strings}
    known |= {"--json", "--model", "--max-false-per-hour"}
    for command in (kws_listen, sounddigit_listen):
        assert command.__doc__ is not None
        for word in command.__doc__.split():
            assert not word.startswith("--") or word in known


# One word in a recording, wherever it stands


@pytest.mark.parametrize("text", ["l", "l--", "--l", ".l", "l.", ".l.", ".n.l.", "....l"])
def test_the_word_of_a_recording_is_found_wherever_it_stands(words, text):
    model = Model.load(words)
    samples = tiny_sound.say(text)[:, None]
    chunk = Chunk(np.arange(len(samples)) / tiny_sound.RATE, samples)
    assert model.labels[model.score_recording(chunk).argmax()] == "yes"
    windows = model.windows_of_recording(chunk)
    surest = max(windows, key=lambda window: model.scores(window.tensor)[0])
    end = len(tiny_sound.say(text[: text.index("l") + 1])) / tiny_sound.RATE
    assert len(text) < 4 or end - 0.4 < surest.t < end + 1


@pytest.mark.parametrize("text", ["n", ".", ".n."])
def test_a_recording_without_a_word_has_none(words, text):
    model = Model.load(words)
    samples = tiny_sound.say(text)[:, None]
    chunk = Chunk(np.arange(len(samples)) / tiny_sound.RATE, samples)
    assert model.labels[model.score_recording(chunk).argmax()] == "silence"
