"""An open microphone: PortAudio's thread puts blocks into a queue, the source takes them out."""

from __future__ import annotations

import logging
import queue
import threading
import time
from dataclasses import dataclass
from math import ceil
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.source.microphone.devices import InputDevice
from edge.source.microphone.portaudio import BLOCK, abandon, open_stream, start

log = logging.getLogger(__name__)

CLOCK_TOLERANCE = 1.0  # s by which PortAudio's clock may exceed the computer's; more is not loss
CLOSE_TIMEOUT = 2.0  # s
CLOCK_DRIFT = 0.005  # relative difference possible between the clocks of sound and computer
LONGEST_BURST = 0.1  # s of blocks that a sound server delivers at once
MARGIN = 0.002  # s from the expected arrival of a block to the wake-up: blocks can be late
QUEUE = 2.0  # s of blocks that wait for a slow reader; after that sound is lost


@dataclass(frozen=True)
class Block:
    frames: NDArray[np.float32]
    """(n, channels)"""
    lost: int
    """Number of frames that are missing before these."""
    arrived: float
    """Time on the monotonic clock."""


class InputStream:
    def __init__(self, device: InputDevice) -> None:
        self._queue: queue.SimpleQueue[Block] = queue.SimpleQueue()
        self._next: Block | None = None  # taken from the queue, and not returned yet
        self._expected = 0.0  # when the newest block that was returned should have come
        self._lost = 0
        self._next_due = 0.0  # when the next block should begin, on PortAudio's clock
        self._last_arrival = 0.0  # of the newest block, on the monotonic clock
        self._stream = open_stream(device, self._on_block)
        self.rate = round(self._stream.samplerate)
        start(self._stream, device)

    def take(self, wanted: int, timeout: float) -> Block | None:
        """Return the sound that has come, as one block: if possible in time, `wanted` frames.

        None if none came in time. It sleeps until so many frames should have come, because each
        wake-up costs more than the work. A block before which frames are missing begins another.
        """
        deadline = time.monotonic() + timeout
        blocks = ceil(wanted / self.rate / BLOCK)
        due = self._expected + blocks * BLOCK + MARGIN
        time.sleep(max(0.0, min(due, deadline) - time.monotonic()))
        taken: list[Block] = []
        while self._next or self._wait_for_block(deadline if wanted > 0 else 0.0):
            assert self._next is not None
            if taken and self._next.lost:
                break
            taken.append(self._next)
            wanted -= len(self._next.frames)
            self._next = None
        if not taken:
            return None
        arrived = taken[-1].arrived
        # Blocks come in bursts. The earliest ones count, but the clocks may differ.
        expected = self._expected + len(taken) * BLOCK * (1 + CLOCK_DRIFT)
        is_late = expected < arrived < expected + LONGEST_BURST
        self._expected = expected if is_late else arrived
        frames = [block.frames for block in taken]
        return Block(
            np.concatenate(frames) if len(frames) > 1 else frames[0],
            taken[0].lost,
            taken[-1].arrived,
        )

    def _wait_for_block(self, deadline: float) -> bool:
        """Get the next block from the queue; return whether there is one in time."""
        left = deadline - time.monotonic()
        try:
            self._next = self._queue.get(timeout=left) if left > 0 else self._queue.get_nowait()
        except queue.Empty:
            return False
        return True

    def close(self) -> None:
        """Close the stream; a sound server that does not answer must not block the command."""
        closing = threading.Thread(target=self._close, daemon=True)
        closing.start()
        closing.join(CLOSE_TIMEOUT)
        if closing.is_alive():
            log.warning("the sound server does not answer: its stream is left open")
            abandon()

    def _close(self) -> None:
        self._stream.abort(ignore_errors=True)
        self._stream.close(ignore_errors=True)

    def undelivered(self) -> int:
        """Return how many frames were lost or wait in the queue after an overflow; 0 without."""
        waiting = [self._next] if self._next else []
        while self._wait_for_block(0.0):
            waiting += [self._next] if self._next else []
        lost = self._lost + sum(block.lost for block in waiting)
        return lost + sum(len(block.frames) for block in waiting) if lost else 0

    def _on_block(self, frames: NDArray[np.float32], count: int, times: Any, status: Any) -> None:
        """Runs in PortAudio's thread and must not wait: it copies the block and returns."""
        now = time.monotonic()
        begin = times.inputBufferAdcTime
        if status.input_overflow and self._next_due:
            # PortAudio does not say how much was lost: the gap between the blocks shows it.
            missing = min(begin - self._next_due, now - self._last_arrival + CLOCK_TOLERANCE)
            self._lost += max(1, round(missing * self.rate))
        self._next_due, self._last_arrival = begin + count / self.rate, now
        if self._queue.qsize() * BLOCK < QUEUE:
            self._queue.put(Block(frames.copy(), self._lost, now))
            self._lost = 0
        else:
            self._lost += count
