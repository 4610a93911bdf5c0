"""The parser and the runner of all commands: options, variables, exit status, and no traceback."""

from __future__ import annotations

import argparse
import logging
import signal
import sys
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from command_process import TIMEOUT, start_program
from edge.cli.options import add_common
from edge.cli.parser import CommandParser
from edge.cli.run import run_command
from edge.errors import EdgeError, SourceError
from edge.registry import Registry
from edge.samples import Chunk, Health
from edge.source import Source
from edge.source.selection import add_source_options, choose_source


class Wire(Source):
    """A source without samples, to test options."""

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
def parser() -> CommandParser:
    parser = CommandParser("knot", "Ties things.")
    add_source_options(parser, TABLE)
    parser.add_argument("--tight", action=argparse.BooleanOptionalAction, default=False)
    parser.add_argument("--colour", choices=["red", "blue"], default="red")
    parser.add_argument("--ends", nargs=2, type=int)
    parser.add_argument("--names", nargs="+")
    add_common(parser)
    return parser


def test_variables_set_every_kind_of_option_and_the_command_line_takes_precedence(
    parser, monkeypatch
):
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


def test_several_values_in_a_variable_are_separated_by_spaces(parser, monkeypatch):
    monkeypatch.setenv("EDGE_ENDS", "2 3")
    monkeypatch.setenv("EDGE_NAMES", "reef \"clove hitch\" bo's'n")
    args = parser.parse_args([])
    assert (args.ends, args.names) == ([2, 3], ["reef", "clove hitch", "bo's'n"])
    assert parser.parse_args(["--names", "bowline"]).names == ["bowline"]


def test_an_option_that_can_be_given_several_times_gets_all_values_of_its_variable(
    parser, monkeypatch
):
    parser.add_argument("--knot", action="append", default=[])
    monkeypatch.setenv("EDGE_KNOT", "reef sheet")
    assert parser.parse_args([]).knot == ["reef", "sheet"]
    assert parser.parse_args(["--knot", "bowline", "--knot", "reef"]).knot == ["bowline", "reef"]


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
def test_an_invalid_variable_is_a_usage_error_with_its_name_and_value(
    parser, monkeypatch, capsys, name, value
):
    monkeypatch.setenv(name, value)
    with pytest.raises(SystemExit) as stop:
        parser.parse_args([])
    assert stop.value.code == 2
    assert f"{name}={value}" in capsys.readouterr().err


@pytest.mark.parametrize(("kind", "name"), [(int, "whole number"), (float, "number")])
def test_a_value_that_is_no_number_is_called_so(kind, name, monkeypatch, capsys):
    parser = CommandParser("knot", "")
    parser.add_argument("--turns", type=kind)
    with pytest.raises(SystemExit):
        parser.parse_args(["--turns", "two"])
    assert f"argument --turns: 'two' is not a {name}\n" in capsys.readouterr().err
    monkeypatch.setenv("EDGE_TURNS", "2 3")
    with pytest.raises(SystemExit):
        parser.parse_args([])
    assert f"EDGE_TURNS=2 3: '2 3' is not a {name}\n" in capsys.readouterr().err


def test_a_variable_that_is_empty_or_0_leaves_the_default(parser, monkeypatch):
    monkeypatch.setenv("EDGE_COLOUR", "")
    monkeypatch.setenv("EDGE_VERBOSE", "0")
    args = parser.parse_args([])
    assert (args.colour, args.verbosity) == ("red", 0)


def test_the_help_has_the_description_and_the_variables(parser, capsys):
    with pytest.raises(SystemExit) as stop:
        parser.parse_args(["--help"])
    assert stop.value.code == 0
    text = capsys.readouterr().out
    assert "Ties things." in text
    assert "how fast [EDGE_WIRE_SPEED]" in " ".join(text.split())
    assert "EDGE_HELP" not in text and "EDGE_VERSION" not in text
    assert text.endswith("set by the environment variable in brackets.\n")


def test_an_option_chooses_the_source(parser):
    source = choose_source(parser.parse_args(["--rope", "a"]), TABLE, {})
    assert (type(source).__name__, source.name, source.speed) == ("Rope", "a", 5)


def test_the_error_without_a_source_names_the_options(parser):
    with pytest.raises(SourceError, match="choose a source: --wire or --rope"):
        choose_source(parser.parse_args([]), TABLE, {})


def test_two_sources_on_the_command_line_are_an_error(parser):
    with pytest.raises(SourceError, match="--wire and --rope"):
        choose_source(parser.parse_args(["--rope", "a", "--wire", "b"]), TABLE, {})


def test_a_source_on_the_command_line_takes_precedence_but_variables_set_its_options(
    parser, monkeypatch
):
    monkeypatch.setenv("EDGE_WIRE", "a")
    monkeypatch.setenv("EDGE_ROPE_SPEED", "8")
    source = choose_source(parser.parse_args(["--rope", "b"]), TABLE, {})
    assert (type(source).__name__, source.name, source.speed) == ("Rope", "b", 8)


def test_two_sources_in_variables_are_an_error(parser, monkeypatch):
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
def test_an_error_is_printed_in_one_line_with_status_1(parser, capsys, error, line):
    def fail(args: argparse.Namespace) -> int:
        raise error

    assert run_command(parser, fail, []) == 1
    assert capsys.readouterr().err == line


def test_a_usage_error_has_status_2(parser):
    with pytest.raises(SystemExit) as stop:
        run_command(parser, lambda args: 0, ["--nonsense"])
    assert stop.value.code == 2


def program(body: str) -> str:
    """The code of a command that executes `body`."""
    return f"""
import logging, sys, time
from edge.cli.run import run_command
from edge.cli.options import add_common
from edge.cli.parser import CommandParser

def execute(args):
    {body}

parser = CommandParser("knot", "")
add_common(parser)
sys.exit(run_command(parser, execute))
"""


@pytest.mark.parametrize(
    ("flags", "err"),
    [
        ([], "knot: hello\nknot: warning: mind\n"),
        (["-q"], "knot: warning: mind\n"),
        (["-v"], "knot: detail\nknot: hello\nknot: warning: mind\n"),
    ],
)
def test_log_lines_go_to_stderr(flags, err):
    body = "logging.debug('detail'); logging.info('hello'); logging.warning('mind')"
    with start_program(program(body), *flags) as process:
        assert process.communicate(timeout=TIMEOUT) == ("", err)
    assert process.returncode == 0


@pytest.mark.parametrize(("terminal", "erased"), [("xterm", True), ("dumb", False)])
def test_a_log_line_erases_the_status_line_if_the_terminal_can(
    parser, capsys, monkeypatch, terminal, erased
):
    monkeypatch.setenv("TERM", terminal)
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    run_command(parser, lambda args: logging.warning("late"), [])
    assert capsys.readouterr().err.endswith("warning: late\x1b[K\n" if erased else "late\n")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_a_command_with_status_130_and_no_message(number):
    with start_program(program("print('up', flush=True); time.sleep(20)")) as process:
        assert process.stdout is not None and process.stderr is not None
        assert process.stdout.readline() == "up\n"
        process.send_signal(number)
        assert process.wait(10) == 130
        assert process.stderr.read() == ""


def test_a_closed_stdout_ends_a_command_without_error():
    with start_program(program("while True: print('line')")) as process:
        assert process.stdout is not None and process.stderr is not None
        assert process.stdout.readline() == "line\n"
        process.stdout.close()
        assert process.wait(10) == 0
        assert process.stderr.read() == ""
