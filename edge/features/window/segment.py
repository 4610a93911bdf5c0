"""The windows of samples without a gap."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from edge.errors import SampleError
from edge.features.window.grid import EvenGrid

MAX_GAP = 0.1  # s without samples that are bridged by a line, ...
MAX_GAP_SAMPLES = 2.5  # ... or so many sample intervals, if that is longer
SLOWEST = 0.45  # of the model's rate: slower samples are refused; a clock is off by less than 10 %
RATE_SAMPLES = 9  # at the beginning, whose median interval shows the rate

Cut = tuple[float, float, NDArray[np.float32]]
"""The time of the last sample of a window, the time of the newest sample that was needed, and the
samples (length + margins, channels)."""


class Segment:
    """Cuts windows of `length` samples, every `hop` samples.

    `margin` more samples are cut on both sides of a window for a filter. Before the first sample
    and after the last one, the signal is taken to be constant.
    """

    def __init__(
        self, start: float, rate: int, channels: int, length: int, hop: int, margin: int
    ) -> None:
        self._grid = EvenGrid(start, rate, channels)
        self._length, self._hop, self._margin = length, hop, margin
        self._samples = np.empty((0, channels), np.float32)
        self._decided = np.empty(0)  # for each sample, the newest time that it depends on
        self._first = -margin  # number of the first of `_samples`; the first of the segment is 0
        self._next = 0  # number of the first sample of the next window
        self._newest = start

    @property
    def next_window_t(self) -> float:
        """Time of the newest sample that the next window needs."""
        return self._grid.time_of(self._next + self._length - 1 + self._margin)

    def process(self, t: NDArray[np.float64], values: NDArray[np.floating]) -> Iterator[Cut]:
        self._newest = float(t[-1])
        samples, decided = self._grid.process(t, values)
        if not len(samples):
            return
        if not len(self._samples):
            samples = np.concatenate([np.repeat(samples[:1], self._margin, axis=0), samples])
            decided = np.concatenate([np.repeat(decided[:1], self._margin), decided])
        yield from self._append(samples, decided)

    def finish(self) -> Iterator[Cut]:
        """The windows that need only samples after the end."""
        if self._margin and len(self._samples):
            after = np.repeat(self._samples[-1:], self._margin, axis=0)
            yield from self._append(after, np.full(self._margin, self._newest))

    def _append(self, samples: NDArray[np.float32], decided: NDArray[np.float64]) -> Iterator[Cut]:
        self._samples = np.concatenate([self._samples, samples])
        self._decided = np.concatenate([self._decided, decided])
        size = self._length + 2 * self._margin
        while True:
            at = self._next - self._margin - self._first
            if at + size > len(self._samples):
                break
            end_t = self._grid.time_of(self._next + self._length - 1)
            yield end_t, float(self._decided[at + size - 1]), self._samples[at : at + size]
            self._next += self._hop
        unused = min(max(0, at), len(self._samples) - 1)
        self._samples, self._decided = self._samples[unused:], self._decided[unused:]
        self._first += unused


def check_rate(start_t: list[float], t: NDArray[np.float64], rate: int) -> None:
    """SampleError if the samples come too slowly for the model.

    `start_t` holds the times of the first samples of the stream; `t` is added to it.
    """
    if len(start_t) >= RATE_SAMPLES:
        return
    start_t += t[: RATE_SAMPLES - len(start_t)].tolist()
    if len(start_t) == RATE_SAMPLES:
        found = 1 / float(np.median(np.diff(start_t)))
        if found < SLOWEST * rate:
            raise SampleError(
                f"the samples come at {found:.4g} Hz, and the model needs {rate} Hz: sample at "
                "that rate or faster"
            )
