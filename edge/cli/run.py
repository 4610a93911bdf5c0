"""Run a command: parse its options, set up logging and signals, and turn errors into one line."""

from __future__ import annotations

import argparse
import io
import logging
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from edge.cli.signals import INTERRUPTED, signals_interrupt
from edge.console import ERASE_LINE, supports_escape_codes
from edge.errors import EdgeError
from edge.text import one_line

if TYPE_CHECKING:
    from edge.cli.parser import CommandParser

LEVELS = {-1: logging.WARNING, 0: logging.INFO, 1: logging.DEBUG}


def run_command(
    parser: CommandParser,
    function: Callable[[argparse.Namespace], int | None],
    argv: Sequence[str] | None = None,
) -> int:
    """Parse the options, call the function, and return the exit status of the command.

    An error that the user can do something about is printed as one line on stderr.
    """
    _prepare_streams()
    args = parser.parse_args(argv)
    with (
        _logging(parser.prog, getattr(args, "verbosity", 0)),
        signals_interrupt(),
    ):
        try:
            status = function(args) or 0
            sys.stdout.flush()
        except KeyboardInterrupt:
            status = INTERRUPTED
        except BrokenPipeError:  # the program that reads stdout has closed it, e.g. `head`
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            status = 0
        except (EdgeError, OSError) as error:
            print(f"{parser.prog}: error: {one_line(_message(error))}", file=sys.stderr)
            status = 1
    return status


def _prepare_streams() -> None:
    """Open missing standard streams, and escape characters that stdout cannot encode.

    A daemon may be started with its standard streams closed; in Python they are then None. And a
    file name with characters that stdout cannot encode must not end a running command.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_RDWR), mode, closefd=False))
    if isinstance(sys.stdout, io.TextIOWrapper) and sys.stdout.errors == "strict":
        sys.stdout.reconfigure(errors="backslashreplace")


def _message(error: Exception) -> str:
    """The message of an error; for an error of the system, without its number."""
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    return str(error)


@contextmanager
def _logging(prog: str, verbosity: int) -> Iterator[None]:
    handler = logging.StreamHandler()
    handler.setFormatter(_Formatter(prog))
    root = logging.getLogger()
    previous_level = root.level
    root.addHandler(handler)
    root.setLevel(LEVELS[verbosity])
    try:
        yield
    finally:
        root.removeHandler(handler)
        root.setLevel(previous_level)


class _Formatter(logging.Formatter):
    def __init__(self, prog: str) -> None:
        super().__init__()
        self.prog = prog
        # The status line of a live command has no line end. A log line is written over it and
        # erases the rest of it; the command then draws the status line again.
        self.end = ERASE_LINE if supports_escape_codes(sys.stderr) else ""

    def format(self, record: logging.LogRecord) -> str:
        level = f"{record.levelname.lower()}: " if record.levelno >= logging.WARNING else ""
        return f"{self.prog}: {level}{super().format(record)}{self.end}"

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802, the library's name
        return one_line(record.message)
