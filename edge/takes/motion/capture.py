"""Cuts one take out of a stream: waits for a still hand, keeps what it draws, until it is still.

What a stroke is, the motion gate says that recognises them later; kept is more than it found, since
a take is of use for as long as gates get better.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge.features.motion.gate import Gate
from edge.formats.motion.recording import GAP
from edge.samples import MOTION, Chunk

REST = 1.2  # s of stillness before the hand may begin: time to see that a take is over, and go back
KEPT = 0.6  # s from before it does
END = 0.45  # s of stillness that end a stroke
PATIENCE = 10.0  # s without a stroke


@dataclass(frozen=True)
class Take:
    """What was captured, and why it is none if it is not."""

    t: NDArray[np.float64]
    values: NDArray[np.float32]
    fault: str | None
    lost: int = 0


class Capture:
    """Feed it chunks from the prompt on; `ready` turns true when the hand may begin."""

    def __init__(self, rate: float, longest: float, anything: bool = False) -> None:
        """`anything`: take the next `longest` seconds as they are, a stroke or not."""
        self.rate, self.longest, self.anything = rate, longest, anything
        self.ready = anything
        self._gate = Gate(END)
        self._kept: deque[tuple[float, NDArray[np.float32]]] = deque()
        self._waiting_since: float | None = None
        self._restless = 0.0
        self._lost = 0

    def feed(self, chunk: Chunk) -> Iterator[Take]:
        """The take, once, when the chunk completes it."""
        for t, values in zip(chunk.t.tolist(), chunk.values, strict=True):
            self._look_for_gap(t)
            self._kept.append((t, values))
            take = self._anything(t) if self.anything else self._stroke(t, values)
            if take is not None:
                yield take
                return

    def _anything(self, t: float) -> Take | None:
        return self._take() if t - self._kept[0][0] >= self.longest else None

    def _stroke(self, t: float, values: NDArray[np.float32]) -> Take | None:
        if self._waiting_since is None:
            self._waiting_since = self._restless = t
        no_gyro = [0.0] * (len(MOTION) - len(values))
        found = self._gate.push((t, *values.tolist(), *no_gyro))
        if not self.ready:
            return self._settle(t)
        if found is not None:
            return self._take()
        if self._gate.started is None:
            self._forget_before(t - KEPT)
            if t - self._waiting_since > PATIENCE:
                return self._take(f"nothing was drawn for {PATIENCE:g} s")
        elif t - self._gate.started > self.longest + END:
            return self._take(f"longer than {self.longest:g} s: draw faster, then hold still")
        return None

    def _settle(self, t: float) -> Take | None:
        self._forget_before(t - KEPT)
        if self._gate.started is not None:
            self._restless = self._gate.loud_at
        if t - self._restless >= REST:
            self.ready, self._waiting_since = True, t
        elif self._waiting_since is not None and t - self._waiting_since > PATIENCE:
            return self._take("the hand was never still: hold it still before you draw")
        return None

    def _look_for_gap(self, t: float) -> None:
        """A gap within a take spoils it; before one the waiting goes on."""
        if not self._kept or t - self._kept[-1][0] <= GAP / self.rate:
            return
        drawing = self.ready and self._gate.started is not None
        if drawing or self.anything:
            self._lost += round((t - self._kept[-1][0]) * self.rate) - 1
        else:
            self._kept.clear()

    def _forget_before(self, t: float) -> None:
        while self._kept[0][0] < t:
            self._kept.popleft()

    def _take(self, fault: str | None = None) -> Take:
        if self._lost:
            fault = f"{self._lost} samples are missing: look at the cable"
        t = np.array([t for t, _ in self._kept])
        return Take(t, np.array([values for _, values in self._kept]), fault, self._lost)
