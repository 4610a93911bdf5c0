"""Write text to a pipe or a file without waiting for its reader.

A program that reads the events may be slow, or stopped. The text then waits here, up to a limit.
Of a device the oldest text is dropped and counted, because its samples cannot wait. A recording can
wait, so nothing of it is dropped.
"""

from __future__ import annotations

import contextlib
import io
import logging
import os
import select
from collections import deque
from time import monotonic
from typing import TextIO

log = logging.getLogger(__name__)

CLOSE_TIMEOUT = 1.0  # s that the reader has to read the rest
SLOW_AFTER = 5.0  # s of waiting after which the user is told
POLL_INTERVAL = 0.2  # s
# Bytes that a pipe accepts at once if it accepts any; Windows does not have it.
PIECE = getattr(select, "PIPE_BUF", 512)
# Windows cannot tell whether a pipe accepts text: every write waits for the reader there.
CAN_POLL = hasattr(select, "poll")


class LineWriter:
    """Writes texts in order; `write` and `drain` raise OSError if that has failed for good."""

    max_waiting = 1000  # texts

    def __init__(self, stream: TextIO, may_drop: bool) -> None:
        """`may_drop`: drop texts of a reader who is too slow, instead of waiting for it."""
        self.dropped = 0
        self._stream, self._may_drop = stream, may_drop
        self._waiting: deque[bytes] = deque()
        self._begun = b""  # the rest of a text of which a part is written
        self._descriptor: int | None = None
        with contextlib.suppress(OSError, AttributeError, io.UnsupportedOperation, ValueError):
            self._descriptor = stream.fileno() if CAN_POLL else None
        self._warned = False

    @property
    def is_behind(self) -> bool:
        """Whether texts wait for the reader."""
        return bool(self._begun or self._waiting)

    def write(self, text: str) -> None:
        if self._descriptor is None:  # a stream in memory, or Windows
            self._stream.write(text)
            self._stream.flush()
            return
        data = text.encode(self._stream.encoding or "utf-8", self._stream.errors or "strict")
        self._waiting.append(data)
        self.drain()
        if len(self._waiting) > self.max_waiting:
            if self._may_drop:
                self._drop_oldest()
            else:
                self._wait_for_reader()

    def drain(self, timeout: float = 0.0) -> None:
        """Write what the reader accepts within `timeout` seconds."""
        until = monotonic() + timeout
        while self.is_behind and self._is_writable(max(0.0, until - monotonic())):
            self._begun = self._begun or self._waiting.popleft()
            self._begun = self._begun[self._write_piece() :]

    def close(self) -> None:
        """Give the reader some time for the rest; what it does not read is counted as dropped."""
        if self._descriptor is not None:
            self.drain(CLOSE_TIMEOUT)
        unread = len(self._waiting) + bool(self._begun)
        self.dropped += unread
        self._waiting.clear()
        if unread:
            log.warning("the program that reads the output did not read the last %d lines", unread)

    def _is_writable(self, timeout: float) -> bool:
        # A regular file is always writable, and poll() says so.
        assert self._descriptor is not None
        poll = select.poll()
        poll.register(self._descriptor, select.POLLOUT)
        return bool(poll.poll(timeout * 1000))  # also true after an error, which write() raises

    def _write_piece(self) -> int:
        assert self._descriptor is not None
        try:
            return os.write(self._descriptor, self._begun[:PIECE])
        except BlockingIOError:  # somebody has made the pipe non-blocking
            return 0

    def _drop_oldest(self) -> None:
        self._waiting.popleft()
        self.dropped += 1
        if not self._warned:
            self._warned = True
            log.warning(
                "the program that reads the output is too slow: its oldest events are dropped"
            )

    def _wait_for_reader(self) -> None:
        began = monotonic()
        while len(self._waiting) > self.max_waiting:
            self.drain(POLL_INTERVAL)
            if not self._warned and monotonic() - began > SLOW_AFTER:
                self._warned = True
                log.warning(
                    "the program that reads the output is too slow: the recognition waits for it"
                )
