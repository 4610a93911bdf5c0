"""What all commands share: options, environment, exit status, and never a traceback."""

from __future__ import annotations

import argparse
import logging
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from edge.cli.options import add_common
from edge.cli.parser import CommandParser
from edge.cli.run import run_command
from edge.errors import EdgeError, SourceError
from edge.registry import Registry
from edge.samples import Chunk, Health
from edge.source import Source
from edge.source.selection import add_source_options, choose_source


class Wire(Source):
    """A source that delivers nothing: only its options matter here."""

    option = "--wire"

    def __init__(self, name: str, speed: int) -> None:
        self.name, self.speed, self.health = name, speed, Health()

    @classmethod
    def add_options(cls, parser: argparse._ArgumentGroup) -> None:
        parser.add_argument(cls.option, metavar="NAME", help="read a wire")
        parser.add_argument(cls.option + "-speed", type=int, default=5, help="how fast")

    @classmethod
    def from_options(
        cls, args: argparse.Namespace, requirements: Mapping[str, Any]
    ) -> Source | None:
        name = getattr(args, cls.option.strip("-"))
        return cls(name, getattr(args, cls.option.strip("-") + "_speed")) if name else None

    def __enter__(self) -> Source:
        return self

    def __exit__(self, *exc: object) -> None: ...

    def __iter__(self) -> Iterator[Chunk]:
        return iter(())


class Rope(Wire):
    option = "--rope"


TABLE = Registry("tests.sources", {"wire": f"{__name__}:Wire", "rope": f"{__name__}:Rope"})


@pytest.fixture
def parser(monkeypatch: pytest.MonkeyPatch) -> CommandParser:
    for name in [name for name in os.environ if name.startswith("EDGE_")]:
        monkeypatch.delenv(name)
    parser = CommandParser("knot", "Ties things.")
    add_source_options(parser, TABLE)
    parser.add_argument("--tight", action=argparse.BooleanOptionalAction, default=False)
    parser.add_argument("--colour", choices=["red", "blue"], default="red")
    parser.add_argument("--ends", nargs=2, type=int)
    parser.add_argument("--names", nargs="+")
    add_common(parser)
    return parser


def test_the_environment_sets_every_kind_of_option_and_the_command_line_wins(parser, monkeypatch):
    for name, value in {
        "WIRE_SPEED": "7",
        "TIGHT": "1",
        "COLOUR": "blue",
        "QUIET": "yes",
    }.items():
        monkeypatch.setenv("EDGE_" + name, value)
    args = parser.parse_args([])
    assert (args.wire_speed, args.tight, args.colour, args.verbosity) == (
        7,
        True,
        "blue",
        -1,
    )
    args = parser.parse_args(["--wire-speed=9", "--no-tight", "--colour", "red", "-v"])
    assert (args.wire_speed, args.tight, args.colour, args.verbosity) == (
        9,
        False,
        "red",
        1,
    )


def test_several_values_in_the_environment_have_spaces_between(parser, monkeypatch):
    monkeypatch.setenv("EDGE_ENDS", "2 3")
    monkeypatch.setenv("EDGE_NAMES", "reef \"clove hitch\" bo's'n")
    args = parser.parse_args([])
    assert (args.ends, args.names) == ([2, 3], ["reef", "clove hitch", "bo's'n"])
    assert parser.parse_args(["--names", "bowline"]).names == ["bowline"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("EDGE_WIRE_SPEED", "fast"),
        ("EDGE_TIGHT", "perhaps"),
        ("EDGE_COLOUR", "green"),
        ("EDGE_ENDS", "2"),
        ("EDGE_ENDS", "2 three"),
        ("EDGE_NAMES", '"reef'),
        ("EDGE_NAMES", " "),
    ],
)
def test_nonsense_in_the_environment_is_a_usage_error_that_names_it(
    parser, monkeypatch, capsys, name, value
):
    monkeypatch.setenv(name, value)
    with pytest.raises(SystemExit) as stop:
        parser.parse_args([])
    assert stop.value.code == 2
    assert f"{name}={value}" in capsys.readouterr().err


def test_an_empty_variable_and_a_no_change_nothing(parser, monkeypatch):
    monkeypatch.setenv("EDGE_COLOUR", "")
    monkeypatch.setenv("EDGE_VERBOSE", "0")
    args = parser.parse_args([])
    assert (args.colour, args.verbosity) == ("red", 0)


def test_help_teaches_and_names_the_variables(parser, capsys):
    with pytest.raises(SystemExit) as stop:
        parser.parse_args(["--help"])
    assert stop.value.code == 0
    text = capsys.readouterr().out
    assert "Ties things." in text
    assert "how fast [EDGE_WIRE_SPEED]" in " ".join(text.split())
    assert "EDGE_HELP" not in text and "EDGE_VERSION" not in text


def test_the_one_source_that_is_asked_for(parser):
    source = choose_source(parser.parse_args(["--rope", "a"]), TABLE, {})
    assert (type(source).__name__, source.name, source.speed) == ("Rope", "a", 5)


def test_no_source_names_the_options(parser):
    with pytest.raises(SourceError, match="choose a source: --wire or --rope"):
        choose_source(parser.parse_args([]), TABLE, {})


def test_two_sources_are_an_error(parser):
    with pytest.raises(SourceError, match="--wire and --rope"):
        choose_source(parser.parse_args(["--rope", "a", "--wire", "b"]), TABLE, {})


def test_a_typed_source_wins_over_the_environment_which_still_sets_it_up(parser, monkeypatch):
    monkeypatch.setenv("EDGE_WIRE", "a")
    monkeypatch.setenv("EDGE_ROPE_SPEED", "8")
    source = choose_source(parser.parse_args(["--rope", "b"]), TABLE, {})
    assert (type(source).__name__, source.name, source.speed) == ("Rope", "b", 8)


def test_two_sources_in_the_environment_are_an_error(parser, monkeypatch):
    monkeypatch.setenv("EDGE_WIRE", "a")
    monkeypatch.setenv("EDGE_ROPE", "b")
    with pytest.raises(SourceError, match="choose one"):
        choose_source(parser.parse_args([]), TABLE, {})


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (EdgeError("tie it first"), "knot: error: tie it first\n"),
        (
            FileNotFoundError(2, "No such file", "rope"),
            "knot: error: rope: No such file\n",
        ),
        (OSError(28, "No space left on device"), "knot: error: No space left on device\n"),
    ],
)
def test_an_error_is_one_line_and_status_1(parser, capsys, error, line):
    def fail(args: argparse.Namespace) -> int:
        raise error

    assert run_command(parser, fail, []) == 1
    assert capsys.readouterr().err == line


def test_usage_errors_are_status_2(parser):
    with pytest.raises(SystemExit) as stop:
        run_command(parser, lambda args: 0, ["--nonsense"])
    assert stop.value.code == 2


def program(body: str) -> list[str]:
    """A command whose work is `body`, to be run as a process of its own."""
    script = f"""
import logging, sys, time
from edge.cli.run import run_command
from edge.cli.options import add_common
from edge.cli.parser import CommandParser

def work(args):
    {body}

parser = CommandParser("knot", "")
add_common(parser)
sys.exit(run_command(parser, work))
"""
    return [sys.executable, "-c", script]


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        ([], "knot: hello\nknot: warning: mind\n"),
        (["-q"], "knot: warning: mind\n"),
        (["-v"], "knot: detail\nknot: hello\nknot: warning: mind\n"),
    ],
)
def test_what_is_logged_goes_to_stderr(flags, said):
    body = "logging.debug('detail'); logging.info('hello'); logging.warning('mind')"
    done = subprocess.run(
        program(body) + flags, capture_output=True, text=True, timeout=20, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", said)


@pytest.mark.parametrize(("terminal", "erased"), [("xterm", True), ("dumb", False)])
def test_only_a_terminal_that_can_is_told_to_erase(parser, capsys, monkeypatch, terminal, erased):
    monkeypatch.setenv("TERM", terminal)
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    run_command(parser, lambda args: logging.warning("late"), [])
    assert capsys.readouterr().err.endswith("warning: late\x1b[K\n" if erased else "late\n")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_quietly(number):
    command = program("print('up', flush=True); time.sleep(20)")
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None and process.stderr is not None
        assert process.stdout.readline() == b"up\n"
        process.send_signal(number)
        assert process.wait(10) == 130
        assert process.stderr.read() == b""


def test_a_reader_that_has_seen_enough_is_no_error():
    command = program("while True: print('line')")
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None and process.stderr is not None
        assert process.stdout.readline() == b"line\n"
        process.stdout.close()
        assert process.wait(10) == 0
        assert process.stderr.read() == b""
