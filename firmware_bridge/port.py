"""The serial port of a simulated board: a pseudo-terminal, and a board that runs in real time."""

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

SLICE = 0.005  # s that the board runs between two looks at the port
LATE = 0.5  # s behind real time, after which it is no use to catch up


class Board(Protocol):
    """What can be on the port: a Machine, or the legacy sketch."""

    def clock(self) -> float: ...
    def run(self, seconds: float) -> None: ...
    def give(self, data: bytes) -> None: ...
    def take(self) -> bytes: ...
    def reset(self) -> None: ...


class Port:
    """A pseudo-terminal; `path` is the host's end. As on a UART, what nobody reads is lost."""

    def __init__(self) -> None:
        self._end, other = os.openpty()
        self.path = os.ttyname(other)
        os.close(other)  # so that we hear of it when the host opens and closes it
        os.set_blocking(self._end, False)
        self._events = select.poll()
        self._events.register(self._end, select.POLLHUP)
        self._was_open = False

    def close(self) -> None:
        os.close(self._end)

    def newly_opened(self) -> bool:
        """Has the host opened it since the last time we asked?"""
        before, self._was_open = self._was_open, not self._events.poll(0)
        if self._was_open and not before:
            tty.setraw(self._end)  # a terminal begins by echoing, a serial line does not
            return True
        return False

    def write(self, data: bytes) -> None:
        if self._was_open:
            with contextlib.suppress(OSError):
                os.write(self._end, data)

    def read(self) -> bytes:
        with contextlib.suppress(OSError):
            return os.read(self._end, 4096)
        return b""


def serve(
    board: Board,
    port: Port,
    stopping: Callable[[], bool],
    resets: bool = True,
    heard: Callable[[], None] = lambda: None,
) -> None:
    """Run the board in real time on the port until `stopping`.

    `resets`: opening the port restarts the board, as it does an Uno. `heard` is called when the
    host has it open.
    """
    ahead = board.clock() - time.monotonic()
    while not stopping():
        if port.newly_opened():
            if resets:
                board.reset()
            heard()
        late = time.monotonic() + ahead - board.clock()
        if late > LATE:
            log.warning("this computer is too busy: the board has fallen %.1f s behind", late)
            ahead -= late
        time.sleep(max(0.0, -late))
        board.give(port.read())
        board.run(SLICE)
        port.write(board.take())


class Served:
    """A board on a port of its own, in the background while in a `with`."""

    def __init__(
        self, board: Board, resets: bool = True, heard: Callable[[], None] = lambda: None
    ) -> None:
        self.board, self.port = board, Port()
        self._stop = threading.Event()
        how = (board, self.port, self._stop.is_set, resets, heard)
        self._thread = threading.Thread(target=serve, args=how, daemon=True)

    def __enter__(self) -> Served:
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._stop.set()
        self._thread.join()
        self.port.close()
