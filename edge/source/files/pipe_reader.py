"""Reads a pipe when enough has come, not at every write: a wake-up costs more than the work.

A program that records writes at the pace of the sound, so the time at which enough will have come
is known, and the reader sleeps until then. It does not sleep while a program writes faster.
"""

from __future__ import annotations

import os
import select
from math import ceil, gcd
from time import monotonic

from edge.source.files.threaded_pipe_reader import ThreadedPipeReader
from edge.source.pacing import LONGEST_WAIT

MARGIN = 0.0015  # s from the expected arrival to the read: the other program can be late, too
CREEP = 0.0001  # s that each arrival is expected earlier, until one is read too early
BLOCKED = 0.0003  # s in a system call: more means that it has waited for the data


def pipe_reader(descriptor: int) -> PipeReader | ThreadedPipeReader:
    return PipeReader(descriptor) if hasattr(select, "poll") else ThreadedPipeReader(descriptor)


class PipeReader:
    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._data, self._end = select.poll(), select.poll()
        self._data.register(descriptor, select.POLLIN)
        self._end.register(descriptor, 0)  # reports only that the other program has closed it
        self._arrived = self._read_at = monotonic()
        """When the newest byte arrived, as estimated, and when it was read."""
        self._in_real_time = False
        self._block = 1
        """Bytes that the other program writes at a time."""

    def read(self, wanted: int, most: int, rate: float) -> bytes | None:
        """Return `wanted` to `most` bytes, or fewer after LONGEST_WAIT and at the end of the pipe.

        None if there are none yet, b"" after the end. `rate`: bytes a second in real time.
        """
        deadline = monotonic() + LONGEST_WAIT
        data, piece = b"", None
        sleep = self._in_real_time
        while len(data) < wanted and piece != b"":
            if sleep:
                blocks = ceil((wanted - len(data)) / self._block)
                due = self._arrived + blocks * self._block / rate + MARGIN
                self._end.poll(max(0.0, min(due, deadline) - monotonic()) * 1000)
            before = monotonic()
            if not self._data.poll(max(0.0, deadline - before) * 1000):
                break
            piece = os.read(self._descriptor, most - len(data))
            data += piece
            now = monotonic()
            if now - before > BLOCKED:
                self._arrived, self._block = now, max(1, len(piece))
            else:
                self._arrived = min(now, self._arrived + len(piece) / rate - CREEP)
                self._block = gcd(self._block, len(piece))
            # What is missing after a sleep can come at any moment.
            sleep = self._in_real_time and not sleep
        if not data:
            return piece
        now = monotonic()
        # Not after a longer pause of the other program, when more data is waiting.
        self._in_real_time = len(data) / 2 < (now - self._read_at) * rate and len(data) < most
        self._read_at = now
        return data
