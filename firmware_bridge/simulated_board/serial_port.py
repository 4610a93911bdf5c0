"""The serial port of a simulated board: a pseudo-terminal, and a loop that runs it in real time."""

from __future__ import annotations

import contextlib
import logging
import os
import select
import threading
import time
import tty
from collections.abc import Callable
from typing import Protocol

log = logging.getLogger(__name__)

STEP = 0.005  # s that the board runs between two checks of the port
LARGEST_DELAY = 0.5  # s behind real time; a longer delay is not caught up


class Board(Protocol):
    """What can be connected to the port: a Machine, or the legacy sketch."""

    def clock(self) -> float: ...
    def run(self, seconds: float) -> None: ...
    def send(self, data: bytes) -> None: ...
    def receive(self) -> bytes: ...
    def reset(self) -> None: ...


class PseudoSerialPort:
    """A pseudo-terminal; the host opens `path`. As on a UART, bytes that nobody reads are lost."""

    def __init__(self) -> None:
        self._board_end, host_end = os.openpty()
        self.path = os.ttyname(host_end)
        os.close(host_end)  # while it is open here, the host's opening and closing do not show
        os.set_blocking(self._board_end, False)
        self._events = select.poll()
        self._events.register(self._board_end, select.POLLHUP)
        self._was_open = False

    def close(self) -> None:
        os.close(self._board_end)

    def newly_opened(self) -> bool:
        """Return whether the host has opened the port since the last call."""
        before, self._was_open = self._was_open, not self._events.poll(0)
        if self._was_open and not before:
            tty.setraw(self._board_end)  # a new terminal echoes, a serial line does not
            return True
        return False

    def write(self, data: bytes) -> None:
        if self._was_open:
            with contextlib.suppress(OSError):
                os.write(self._board_end, data)

    def read(self) -> bytes:
        with contextlib.suppress(OSError):
            return os.read(self._board_end, 4096)
        return b""


def serve(
    board: Board,
    port: PseudoSerialPort,
    stopping: Callable[[], bool],
    resets: bool = True,
    on_open: Callable[[], None] = lambda: None,
) -> None:
    """Run the board in real time on the port until `stopping` returns True.

    `resets`: opening the port restarts the board, as it does an Uno. `on_open` is called when the
    host has opened the port.
    """
    ahead = board.clock() - time.monotonic()
    while not stopping():
        if port.newly_opened():
            if resets:
                board.reset()
            on_open()
        delay = time.monotonic() + ahead - board.clock()
        if delay > LARGEST_DELAY:
            log.warning("this computer is too busy: the board is %.1f s behind", delay)
            ahead -= delay
        time.sleep(max(0.0, -delay))
        board.send(port.read())
        board.run(STEP)
        port.write(board.receive())


class ServedBoard:
    """A context manager that runs a board on a port of its own, in a background thread."""

    def __init__(
        self, board: Board, resets: bool = True, on_open: Callable[[], None] = lambda: None
    ) -> None:
        self.board, self.port = board, PseudoSerialPort()
        self._stop = threading.Event()
        arguments = (board, self.port, self._stop.is_set, resets, on_open)
        self._thread = threading.Thread(target=serve, args=arguments, daemon=True)

    def __enter__(self) -> ServedBoard:
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._stop.set()
        self._thread.join()
        self.port.close()
