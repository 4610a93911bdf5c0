"""FIR filters for a stream, in blocks."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from edge.features.beats.grid import RATE

Samples = NDArray[np.float64]


class StreamingFilter:
    """A symmetric FIR filter; its output lags `delay` samples behind its input."""

    def __init__(self, taps: Samples) -> None:
        self._taps = taps
        self.delay = len(taps) // 2
        self._past: Samples | None = None

    def process(self, block: Samples) -> Samples:
        """As many samples as the block has. Before the first one, the signal is constant."""
        if self._past is None:
            self._past = np.full(len(self._taps) - 1, block[0])
        signal = np.concatenate([self._past, block])
        self._past = signal[len(block) :]
        return np.convolve(signal, self._taps, "valid")


def band_pass(low: float, high: float, count: int) -> Samples:
    """`count` taps of a filter that passes `low` to `high` Hz, with a Hamming window."""
    n = np.arange(count) - count // 2
    ideal = [2 * f / RATE * np.sinc(2 * f / RATE * n) for f in (low, high)]
    window = np.hamming(count)
    taps: Samples = (ideal[1] - ideal[0]) * window
    taps -= window * (taps.sum() / window.sum())  # a constant voltage must not pass
    middle = (low + high) / 2
    return taps / (taps * np.cos(2 * np.pi * middle / RATE * n)).sum()


def mean(count: int) -> Samples:
    """The taps of a moving average."""
    return np.full(count, 1 / count)


def without_baseline(slow: int, fast: int) -> Samples:
    """The taps of a filter that subtracts two moving averages, one of the other, and smooths.

    The baseline of an ECG wanders with the breath and with movements of the electrodes. The counts
    must be odd.
    """
    baseline = np.convolve(mean(slow), mean(fast))
    impulse = np.zeros(len(baseline))
    impulse[len(impulse) // 2] = 1
    return np.convolve(impulse - baseline, [0.25, 0.5, 0.25])
