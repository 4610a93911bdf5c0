"""Reads a pipe on a system that cannot tell whether data is waiting in it, such as Windows."""

from __future__ import annotations

import os
import threading
from time import monotonic

from edge.source.pacing import LONGEST_WAIT

PIECE = 1 << 16  # bytes that are read at once
MAX_WAITING = 1 << 20  # bytes; after that the other program waits


class ThreadedPipeReader:
    """A thread waits for the data. It ends with the process, because nothing can interrupt it."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._waiting = b""
        self._ended = False
        self._changed = threading.Condition()
        threading.Thread(target=self._read, name="edge-stdin", daemon=True).start()

    def read(self, wanted: int, most: int, rate: float) -> bytes | None:
        """Return `wanted` to `most` bytes, or fewer after LONGEST_WAIT and at the end of the pipe.

        None if there are none yet, b"" after the end.
        """
        until = monotonic() + LONGEST_WAIT
        with self._changed:
            while len(self._waiting) < wanted and not self._ended:
                if not self._changed.wait(max(0.0, until - monotonic())):
                    break
            data, self._waiting = self._waiting[:most], self._waiting[most:]
            self._changed.notify_all()
            return data if data or self._ended else None

    def _read(self) -> None:
        while not self._ended:
            try:
                data = os.read(self._descriptor, PIECE)
            except OSError:  # Windows: the other program has closed the pipe
                data = b""
            with self._changed:
                self._waiting += data
                self._ended = not data
                self._changed.notify_all()
                self._changed.wait_for(lambda: len(self._waiting) < MAX_WAITING)
