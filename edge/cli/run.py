"""What a user starts. A command is a docstring, which is its help, and a function."""

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
    """Parse, run and return the exit status; whatever goes wrong is one line on stderr."""
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
        except BrokenPipeError:  # whoever read us has seen enough
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            status = 0
        except (EdgeError, OSError) as error:
            print(f"{parser.prog}: error: {_sentence(error)}", file=sys.stderr)
            status = 1
    return status


def _prepare_streams() -> None:
    """A daemon may be started with its standard streams closed; Python then has none at all.

    And a name that cannot be written as stdout is encoded shall not end what is under way.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_RDWR), mode, closefd=False))
    if isinstance(sys.stdout, io.TextIOWrapper) and sys.stdout.errors == "strict":
        sys.stdout.reconfigure(errors="backslashreplace")


def _sentence(error: Exception) -> str:
    """What the system says is without a number; what we say is a sentence already."""
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    return str(error)


@contextmanager
def _logging(prog: str, verbosity: int) -> Iterator[None]:
    handler = logging.StreamHandler()
    handler.setFormatter(_Formatter(prog))
    root = logging.getLogger()
    before = root.level
    root.addHandler(handler)
    root.setLevel(LEVELS[verbosity])
    try:
        yield
    finally:
        root.removeHandler(handler)
        root.setLevel(before)


class _Formatter(logging.Formatter):
    def __init__(self, prog: str) -> None:
        super().__init__()
        self.prog = prog
        # A live view keeps its last line open: what is logged erases it, the view draws it anew.
        self.end = ERASE_LINE if supports_escape_codes(sys.stderr) else ""

    def format(self, record: logging.LogRecord) -> str:
        level = f"{record.levelname.lower()}: " if record.levelno >= logging.WARNING else ""
        return f"{self.prog}: {level}{super().format(record)}{self.end}"


@contextmanager
def until_signal() -> Iterator[Callable[[], bool]]:
    """Within, Ctrl-C or SIGTERM only asks to stop, whatever line is being written is finished.

    The value tells whether one was asked. A second one insists.
    """
    asked = threading.Event()

    def ask() -> None:
        if asked.is_set():
            raise KeyboardInterrupt
        asked.set()

    with _signals({signal.SIGINT, signal.SIGTERM}, ask):
        yield asked.is_set


def _interrupt() -> None:
    """SIGTERM ends a command as Ctrl-C does, so that what must be closed is closed."""
    raise KeyboardInterrupt


@contextmanager
def _signals(numbers: set[signal.Signals], function: Callable[[], None]) -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread receives signals
        return

    def handler(number: int, frame: FrameType | None) -> None:
        function()

    before = {number: signal.signal(number, handler) for number in numbers}
    try:
        yield
    finally:
        for number, earlier in before.items():
            signal.signal(number, earlier)
