"""File names and messages with control characters, or of megabytes: what reaches the terminal."""

from __future__ import annotations

import json
import logging

import pytest

from command_process import run, write_recording
from edge.bench.report.markdown import as_markdown
from edge.bench.report.terminal import as_text
from edge.cli.parser import CommandParser
from edge.cli.recording_session import say
from edge.cli.run import run_command
from edge.errors import EdgeError
from edge.text import MAX_LINE

HOSTILE = "\x1b]0;title\x07\x1b[2J"
PRINTED = r"\x1b]0;title\x07\x1b[2J"
CONTROL = {"\x1b", "\x07", "\x9b"}


def parser() -> CommandParser:
    made = CommandParser("some-command", "Does something.")
    made.add_argument("--speed", type=int)
    return made


def test_file_names_in_errors_have_no_control_characters(tmp_path):
    path = tmp_path / f"{HOSTILE}.csv"
    path.write_text("hello\n")
    other = write_recording(tmp_path / "other.csv")
    status, _, err = run("airdigit-live", "--replay", path)
    assert status == 1 and PRINTED in err and not set(err) & CONTROL
    _, out, err = run("airdigit-live", "--replay", path, other, "--speed", "max")
    assert PRINTED in err and "skipped" in err and not set(out + err) & CONTROL
    _, out, err = run("airdigit-doctor", "--replay", path, "--speed", "max")
    assert PRINTED in out and not set(out + err) & CONTROL
    _, out, err = run("edge-classify", "airdigit", path)
    assert json.loads(out)["file"] == str(path) and not set(out + err) & CONTROL
    _, out, err = run("airdigit-live", "--mock", HOSTILE)
    assert PRINTED in err and not set(err) & CONTROL


def test_the_path_of_a_take_has_no_control_characters(tmp_path):
    folder = tmp_path / HOSTILE
    arguments = ("--mock", "--label", "3", "--takes", "1", "--out", folder)
    status, out, err = run("airdigit-record", *arguments)
    assert status == 0 and PRINTED in out and PRINTED in err
    assert not set(out + err) & CONTROL
    assert list(folder.iterdir())


def test_an_error_of_megabytes_is_one_short_line(capsys):
    def fail(args: object) -> None:
        raise EdgeError(f"it failed: {'x' * (20 << 20)}: try again")

    assert run_command(parser(), fail, []) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("some-command: error: it failed: xxx") and line.endswith("x: try again")
    assert len(line) < MAX_LINE + 50


def test_a_warning_of_megabytes_is_one_short_line(capsys):
    def warn(args: object) -> None:
        logging.getLogger("edge").warning("%s: skipped", f"a\nb{HOSTILE}" * (1 << 20))

    assert run_command(parser(), warn, []) == 0
    (line,) = capsys.readouterr().err.splitlines()
    assert rf"a\nb{PRINTED}" in line and line.endswith(": skipped")
    assert len(line) < MAX_LINE + 50


@pytest.mark.parametrize("argument", [HOSTILE, "x" * 10**6, f"--speed={HOSTILE}"])
def test_a_wrong_argument_is_quoted_without_control_characters(capsys, argument):
    with pytest.raises(SystemExit):
        parser().parse_args([argument])
    err = capsys.readouterr().err
    assert not set(err) & CONTROL and len(err.splitlines()[-1]) < MAX_LINE + 50


def test_prompts_have_no_control_characters(capsys):
    say(f"say: {HOSTILE}\nand again")
    assert capsys.readouterr().err == f"say: {PRINTED}\nand again\n"


def test_names_of_models_in_reports_have_no_control_characters():
    row = {"model": f"{HOSTILE}.tflite", "runtime": "ai_edge_litert", "error": f"no {HOSTILE}"}
    state = {"governors": [], "temperature_c": None, "load": 0.1, "time": "now"}
    machine = {"cores": 1, "cpu": HOSTILE, "board": "", "system": "", "python": ""}
    record = {
        "machine": machine,
        "before": state,
        "after": state,
        "settings": {"threads": 1},
        "int8_peak_macs_per_s": {},
        "models": [row],
        "pipelines": [],
        "warnings": [],
    }
    for text in (as_text(record), as_markdown(record)):
        assert PRINTED in text.replace("\n", "") and not set(text) & CONTROL
