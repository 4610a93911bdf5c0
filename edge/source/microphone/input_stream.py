"""One open microphone: PortAudio's thread hands over blocks, and another one takes them."""

from __future__ import annotations

import queue
import time
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.source.microphone.portaudio import BLOCK, Input, open_stream, start

ASTRAY = 1.0  # s that PortAudio's clock may say beyond the computer's: more is no loss
QUEUE = 2.0  # s that the reader may lag behind; after that sound is lost


@dataclass(frozen=True)
class Block:
    frames: NDArray[np.float32]
    """(n, channels)"""
    lost: int
    """Frames that are missing before these."""
    arrived: float
    """By the monotonic clock."""


class Listener:
    def __init__(self, device: Input) -> None:
        self._queue: queue.Queue[Block] = queue.Queue(round(QUEUE / BLOCK))
        self._lost = 0
        self._due = 0.0  # when the next block should begin, by PortAudio's clock
        self._came = 0.0  # when the newest did, by the monotonic clock
        self._stream = open_stream(device, self._heard)
        self.rate = round(self._stream.samplerate)
        start(self._stream, device)

    def take(self, patience: float) -> Block | None:
        """The next block; None if none came in time."""
        try:
            return self._queue.get(timeout=patience)
        except queue.Empty:
            return None

    def close(self) -> None:
        self._stream.abort(ignore_errors=True)
        self._stream.close(ignore_errors=True)

    def _heard(self, frames: NDArray[np.float32], count: int, times: Any, status: Any) -> None:
        """In PortAudio's thread, which must not wait: copy and go."""
        now = time.monotonic()
        begun = times.inputBufferAdcTime
        if status.input_overflow and self._due:  # how much was lost is not told
            missing = min(begun - self._due, now - self._came + ASTRAY)
            self._lost += max(1, round(missing * self.rate))
        self._due, self._came = begun + count / self.rate, now
        try:
            self._queue.put_nowait(Block(frames.copy(), self._lost, now))
            self._lost = 0
        except queue.Full:
            self._lost += count
