"""Signals: after the first one a command stops in order, after the second one immediately."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

INTERRUPTED = 130  # exit status of a stopped command, as a shell reports it for Ctrl-C
GRACE = 2.0  # s from the second signal to the end of the process
# SIGHUP is sent when a terminal is closed; Windows does not have it.
STOP_SIGNALS = {
    signal.SIGINT,
    signal.SIGTERM,
    *([signal.SIGHUP] if hasattr(signal, "SIGHUP") else []),
}


@contextmanager
def until_signal() -> Iterator[Callable[[], bool]]:
    """Inside this context, the first signal only sets a flag, so that a line is completed; the
    value returns the flag. The second signal raises KeyboardInterrupt."""
    stop = threading.Event()

    def request_stop() -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()

    with handled(STOP_SIGNALS, request_stop):
        yield stop.is_set


@contextmanager
def signals_interrupt() -> Iterator[None]:
    """Inside this context, all stop signals raise KeyboardInterrupt, like Ctrl-C, so that files and
    devices are closed. The process ends GRACE seconds after the second one, even if blocked."""
    with _ending_after_two_signals(), handled(STOP_SIGNALS - {signal.SIGINT}, _interrupt):
        yield


def _interrupt() -> None:
    raise KeyboardInterrupt


@contextmanager
def handled(numbers: set[signal.Signals], function: Callable[[], None]) -> Iterator[None]:
    """Inside this context, call the function when one of these signals arrives. Signals that are
    ignored already, as under nohup, stay ignored."""
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread receives signals
        return

    def handler(number: int, frame: FrameType | None) -> None:
        function()

    previous = {
        number: signal.signal(number, handler)
        for number in numbers
        if number is signal.SIGINT or signal.getsignal(number) is not signal.SIG_IGN
    }
    try:
        yield
    finally:
        for number, previous_handler in previous.items():
            signal.signal(number, previous_handler)


@contextmanager
def _ending_after_two_signals() -> Iterator[None]:
    """Inside this context, a thread counts the signals, because Python runs no signal handler while
    the main thread waits in a C library, such as one that waits for a frozen sound server."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    reading, writing = os.pipe()
    if hasattr(os, "set_blocking"):  # Python 3.11 and older do not have it on Windows
        os.set_blocking(writing, False)
    previous = signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    watchdog = threading.Thread(target=_end_after_two, args=[reading], daemon=True)
    watchdog.start()
    try:
        yield
    finally:
        signal.set_wakeup_fd(previous)
        os.close(writing)  # the thread then reads the end of the pipe and closes its side


def _end_after_two(reading: int) -> None:
    count = 0
    with contextlib.suppress(OSError):
        while numbers := os.read(reading, 64):
            count += sum(number in STOP_SIGNALS for number in numbers)
            if count >= 2:
                time.sleep(GRACE)
                os._exit(INTERRUPTED)
    os.close(reading)
