"""Endpoint detection in a motion stream: cut out one take.

The capture waits until the hand is still, and then records until the hand has drawn a stroke and is
still again. The gate that finds strokes for recognition also finds this one. The take has more time
around the stroke than the gate needs, so that it can still be used when the gate is improved.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge.features.motion.gate import Gate
from edge.formats.motion.recording import GAP
from edge.samples import MOTION, Chunk
from edge.takes import Capture

STILL_BEFORE = 1.2  # s of stillness before the prompt: time to read the last result and move back
MARGIN = 0.6  # s that are recorded before the stroke begins
STILL_AFTER = 0.45  # s of stillness that end a stroke
TIMEOUT = 10.0  # s to wait for stillness, and then for a stroke


@dataclass(frozen=True)
class Take:
    t: NDArray[np.float64]
    values: NDArray[np.float32]
    fault: str | None = None
    """Why there is no stroke in it, None if there is one."""
    lost: int = 0
    """Number of samples that are missing in it."""


class StrokeCapture(Capture[Take]):
    """Cuts one take out of the chunks that are fed to it.

    `ready` becomes true when the hand is still and the user can be prompted.
    """

    def __init__(
        self,
        rate: float,
        max_seconds: float,
        fixed_length: bool = False,
        has_gyro: bool = True,
    ) -> None:
        """`max_seconds` is the longest stroke.

        With `fixed_length` the take is the next `max_seconds` seconds, whatever the motion is.
        """
        self.rate, self.max_seconds, self.fixed_length = rate, max_seconds, fixed_length
        self.ready = fixed_length
        self._gate = Gate(STILL_AFTER, has_gyro=has_gyro)
        self._samples: deque[tuple[float, NDArray[np.float32]]] = deque()
        self._waiting_since: float | None = None
        self._moved_at = 0.0
        self._lost = 0

    def feed(self, chunk: Chunk) -> Take | None:
        """Return the take if this chunk completes it."""
        for t, values in zip(chunk.t.tolist(), chunk.values, strict=True):
            self._check_gap(t)
            self._samples.append((t, values))
            take = self._wait_for_end(t) if self.fixed_length else self._find_stroke(t, values)
            if take is not None:
                return take
        return None

    def _wait_for_end(self, t: float) -> Take | None:
        return self._take() if t - self._samples[0][0] >= self.max_seconds else None

    def _find_stroke(self, t: float, values: NDArray[np.float32]) -> Take | None:
        if self._waiting_since is None:
            self._waiting_since = self._moved_at = t
        no_gyro = [0.0] * (len(MOTION) - len(values))
        strokes = self._gate.push((t, *values.tolist(), *no_gyro))
        waited = t - self._waiting_since
        if not self.ready:
            return self._wait_for_stillness(t, waited)
        if strokes:
            return self._take()
        if self._gate.started is None:
            self._drop_before(t - MARGIN)
            if waited > TIMEOUT:
                return self._take(f"nothing was drawn for {TIMEOUT:g} s")
        elif t - self._gate.started > self.max_seconds + STILL_AFTER:
            return self._take(f"longer than {self.max_seconds:g} s: draw faster, then hold still")
        return None

    def _wait_for_stillness(self, t: float, waited: float) -> Take | None:
        self._drop_before(t - MARGIN)
        if self._gate.started is not None:
            self._moved_at = self._gate.active_t
        if t - self._moved_at >= STILL_BEFORE:
            self.ready, self._waiting_since = True, t
        elif waited > TIMEOUT:
            return self._take("the hand was never still: hold it still before you draw")
        return None

    def _check_gap(self, t: float) -> None:
        """Count the samples missing before this one if they belong to the take."""
        if not self._samples or t - self._samples[-1][0] <= GAP / self.rate:
            return
        drawing = self.ready and self._gate.started is not None
        if drawing or self.fixed_length:
            self._lost += round((t - self._samples[-1][0]) * self.rate) - 1
        else:
            self._samples.clear()

    def _drop_before(self, t: float) -> None:
        while self._samples[0][0] < t:
            self._samples.popleft()

    def _take(self, fault: str | None = None) -> Take:
        t = np.array([t for t, _ in self._samples])
        return Take(t, np.array([values for _, values in self._samples]), fault, self._lost)
