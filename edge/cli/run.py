"""Run a command: parse its options, set up logging and signals, and turn errors into one line."""

from __future__ import annotations

import argparse
import io
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING

from edge.console import ERASE_LINE, supports_escape_codes
from edge.errors import EdgeError

if TYPE_CHECKING:
    from edge.cli.parser import CommandParser

INTERRUPTED = 130  # exit status of a command that was stopped: what a shell reports for Ctrl-C
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
        _signals({signal.SIGTERM}, _interrupt),
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
            print(f"{parser.prog}: error: {_message(error)}", file=sys.stderr)
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


@contextmanager
def until_signal() -> Iterator[Callable[[], bool]]:
    """Inside this context, the first Ctrl-C or SIGTERM only sets a flag; the value returns it.

    So a line that is being written is completed. The second signal raises KeyboardInterrupt.
    """
    requested = threading.Event()

    def request() -> None:
        if requested.is_set():
            raise KeyboardInterrupt
        requested.set()

    with _signals({signal.SIGINT, signal.SIGTERM}, request):
        yield requested.is_set


def _interrupt() -> None:
    """End a command on SIGTERM like on Ctrl-C, so that its devices and files are closed."""
    raise KeyboardInterrupt


@contextmanager
def _signals(numbers: set[signal.Signals], function: Callable[[], None]) -> Iterator[None]:
    """Inside this context, call the function when one of these signals arrives."""
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread receives signals
        return

    def handler(number: int, frame: FrameType | None) -> None:
        function()

    previous = {number: signal.signal(number, handler) for number in numbers}
    try:
        yield
    finally:
        for number, previous_handler in previous.items():
            signal.signal(number, previous_handler)
