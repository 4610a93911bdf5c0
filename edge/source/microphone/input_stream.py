"""An open microphone: PortAudio's thread puts blocks into a queue, the source takes them out."""

from __future__ import annotations

import logging
import queue
import threading
import time
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.source.microphone.devices import InputDevice
from edge.source.microphone.portaudio import BLOCK, abandon, open_stream, start

log = logging.getLogger(__name__)

CLOCK_TOLERANCE = 1.0  # s by which PortAudio's clock may exceed the computer's; more is not loss
CLOSE_TIMEOUT = 2.0  # s
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
        self._queue: queue.Queue[Block] = queue.Queue(round(QUEUE / BLOCK))
        self._lost = 0
        self._next_due = 0.0  # when the next block should begin, on PortAudio's clock
        self._last_arrival = 0.0  # of the newest block, on the monotonic clock
        self._stream = open_stream(device, self._on_block)
        self.rate = round(self._stream.samplerate)
        start(self._stream, device)

    def take(self, timeout: float) -> Block | None:
        """Return the next block; None if none came in time."""
        try:
            return self._queue.get(timeout=timeout)
        except queue.Empty:
            return None

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
        waiting = list(self._queue.queue)
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
        try:
            self._queue.put_nowait(Block(frames.copy(), self._lost, now))
            self._lost = 0
        except queue.Full:
            self._lost += count
