"""Cuts one take out of sound: waits for quiet, keeps what is said then, until it is quiet again.

What opens it is the gate that opens for the models: what they would not hear is no take either.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge.features.sound.front_end import FrontEnd
from edge.features.sound.level_gate import HOLD_S, LevelGate
from edge.features.sound.streaming import StreamingFrontEnd
from edge.samples import Chunk

RATE = 16000
SETTLE = 3.0  # s in which it should grow quiet before a word is asked for
BEFORE = 1.0  # s kept from before the word
PATIENCE = 8.0  # s without a word
LONGEST = 4.0  # s that it may stay loud
MISSING = 0.005  # s that a clock may jump


@dataclass(frozen=True)
class Take:
    samples: NDArray[np.float32]
    """What was heard, with some time around it."""
    fault: str | None = None
    """Why there is no word in it."""
    lost: int = 0
    """Samples that are missing in it."""


class Capture:
    """Feed it all chunks; `ready` turns true when the word may be asked for."""

    def __init__(self) -> None:
        self._front_end = FrontEnd()
        self._stream = StreamingFrontEnd(self._front_end, 2)
        self._block_s = self._stream.block_hop / RATE
        self._gate = LevelGate(self._block_s, self._front_end.silence_level)
        self._last_t: float | None = None
        self.begin()

    def begin(self) -> None:
        """Wait for quiet, and then for the next word."""
        self.ready = False
        self._kept = np.empty(0, np.float32)
        self._waited = 0.0
        self._opened: float | None = None
        self._lost = 0

    def feed(self, chunk: Chunk) -> Take | None:
        """The take, when the chunk completes it; what follows in the chunk stays in it."""
        if not len(chunk):
            return None
        self._look_for_gap(chunk)
        self._kept = np.concatenate([self._kept, chunk.values[:, 0]])
        take = None
        for block in self._stream.push(chunk.values[:, 0]):
            loud = self._gate.update(self._front_end.level(block))
            take = take or self._step(loud)
        if self._opened is None:
            self._kept = self._kept[-round(BEFORE * RATE) :]
        return take

    def finish(self) -> Take | None:
        """The take that the end of the sound completes."""
        take = None
        for _ in range(round(2 * HOLD_S / self._block_s)):
            take = take or self._step(self._gate.skip())
        return take

    def _step(self, loud: bool) -> Take | None:
        self._waited += self._block_s
        if not self.ready:
            if not loud or self._waited > SETTLE:
                self.ready, self._waited = True, 0.0
        elif self._opened is None:
            if loud:
                self._opened = self._waited
            elif self._waited > PATIENCE:
                return Take(self._kept, f"nothing was heard for {PATIENCE:g} s: speak louder")
        elif not loud or self._waited - self._opened > LONGEST:
            return Take(self._kept, None, self._lost)
        return None

    def _look_for_gap(self, chunk: Chunk) -> None:
        """In a word it spoils the take; before one the waiting goes on."""
        if self._last_t is not None:
            missing = chunk.t[-1] - self._last_t - len(chunk) / RATE
            if missing > MISSING and self._opened is not None:
                self._lost += round(missing * RATE)
        self._last_t = float(chunk.t[-1])
