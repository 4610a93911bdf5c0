"""Signals: the first one asks a command to stop, the second one ends it, whatever it waits for."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

INTERRUPTED = 130  # exit status of a command that was stopped: what a shell reports for Ctrl-C
GRACE = 2.0  # s from the second signal to the end of the process
# A terminal that is closed sends SIGHUP; Windows has none.
STOP_SIGNALS = {
    signal.SIGINT,
    signal.SIGTERM,
    *([signal.SIGHUP] if hasattr(signal, "SIGHUP") else []),
}


@contextmanager
def until_signal() -> Iterator[Callable[[], bool]]:
    """Within, the first signal only asks to stop, so that a line is finished; the second one raises
    KeyboardInterrupt. The value tells whether a signal came."""
    stop = threading.Event()

    def ask() -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()

    with handled(STOP_SIGNALS, ask):
        yield stop.is_set


@contextmanager
def signals_interrupt() -> Iterator[None]:
    """Within, all stop signals raise KeyboardInterrupt, as Ctrl-C does, so that files and devices
    are closed. GRACE after the second one the process ends, even if it is blocked."""
    with _ending_after_two_signals(), handled(STOP_SIGNALS - {signal.SIGINT}, _interrupt):
        yield


def _interrupt() -> None:
    raise KeyboardInterrupt


@contextmanager
def handled(numbers: set[signal.Signals], function: Callable[[], None]) -> Iterator[None]:
    """Within, these signals call the function; but ignored ones (as by nohup) stay ignored."""
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread receives signals
        return

    def handler(number: int, frame: FrameType | None) -> None:
        function()

    before = {
        number: signal.signal(number, handler)
        for number in numbers
        if number is signal.SIGINT or signal.getsignal(number) is not signal.SIG_IGN
    }
    try:
        yield
    finally:
        for number, earlier in before.items():
            signal.signal(number, earlier)


@contextmanager
def _ending_after_two_signals() -> Iterator[None]:
    """A thread counts the signals: Python runs no handler while the main thread waits in a library,
    as in one that closes the stream of a sound server that is frozen."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    before = signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    watchdog = threading.Thread(target=_end_after_two, args=[reading], daemon=True)
    watchdog.start()
    try:
        yield
    finally:
        signal.set_wakeup_fd(before)
        os.close(writing)  # the thread reads to the end and closes its side


def _end_after_two(reading: int) -> None:
    count = 0
    with contextlib.suppress(OSError):
        while numbers := os.read(reading, 64):
            count += sum(number in STOP_SIGNALS for number in numbers)
            if count >= 2:
                time.sleep(GRACE)
                os._exit(INTERRUPTED)
    os.close(reading)
