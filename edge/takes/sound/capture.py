"""Endpoint detection in a sound stream: cut out one take.

The capture waits until it is quiet, and then records until a word was spoken and it is quiet again.
The level gate that starts the models also detects this word: the models would not be given a sound
that does not open it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge.features.sound.front_end import FrontEnd
from edge.features.sound.level_gate import HOLD_S, LevelGate
from edge.features.sound.streaming import StreamingFrontEnd
from edge.samples import Chunk
from edge.takes import Capture

RATE = 16000  # Hz
QUIET_TIMEOUT = 3.0  # s to wait for quiet before the prompt comes in any case
MARGIN = 1.0  # s that are recorded before the word
TIMEOUT = 8.0  # s to wait for a word
MAX_SECONDS = 4.0  # s that the gate may stay open
MAX_JUMP = 0.005  # s that the source's clock may jump before samples are counted as missing


@dataclass(frozen=True)
class Take:
    samples: NDArray[np.float32]
    """The word, with some time before and after it."""
    fault: str | None = None
    """Why there is no word in it, None if there is one."""
    lost: int = 0
    """Number of samples that are missing in it."""


class WordCapture(Capture[Take]):
    """Cuts takes out of the chunks that are fed to it, one after each `begin`.

    `ready` becomes true when it is quiet and the user can be prompted.
    """

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
        self._samples = np.empty(0, np.float32)
        self._waited = 0.0
        self._word_at: float | None = None
        self._lost = 0

    def feed(self, chunk: Chunk) -> Take | None:
        """Return the take if this chunk completes it; it includes the whole chunk."""
        if not len(chunk):
            return None
        self._check_gap(chunk)
        self._samples = np.concatenate([self._samples, chunk.values[:, 0]])
        take = None
        for block in self._stream.push(chunk.values[:, 0]):
            gate_open = self._gate.update(self._front_end.level(block))
            take = take or self._step(gate_open)
        if self._word_at is None:
            self._samples = self._samples[-round(MARGIN * RATE) :]
        return take

    def finish(self) -> Take | None:
        """Return the take if a word was spoken before the end of the sound."""
        take = None
        for _ in range(round(2 * HOLD_S / self._block_s)):
            take = take or self._step(self._gate.skip())
        return None if take is None or take.fault else take

    def _step(self, gate_open: bool) -> Take | None:
        """Advance by one block."""
        self._waited += self._block_s
        if not self.ready:
            if not gate_open or self._waited > QUIET_TIMEOUT:
                self.ready, self._waited = True, 0.0
        elif self._word_at is None:
            if gate_open:
                self._word_at = self._waited
            elif self._waited > TIMEOUT:
                return Take(self._samples, f"no word for {TIMEOUT:g} s: speak louder")
        elif not gate_open or self._waited - self._word_at > MAX_SECONDS:
            return Take(self._samples, None, self._lost)
        return None

    def _check_gap(self, chunk: Chunk) -> None:
        """Count the samples missing before this chunk if they belong to a word."""
        if self._last_t is not None:
            missing = chunk.t[-1] - self._last_t - len(chunk) / RATE
            if missing > MAX_JUMP and self._word_at is not None:
                self._lost += round(missing * RATE)
        self._last_t = float(chunk.t[-1])
