"""Sample rate conversion of a stream of sound, without aliases and without delay.

The filter is a windowed sinc, evaluated at the times of the output samples. The distances between
output times and input times repeat periodically. So a run of output samples is the product of a
run of input samples and one of a few matrices, which are used in turn. All products have the same
shape: the output is the same bit for bit however the input is cut into pieces.
"""

from __future__ import annotations

from functools import lru_cache
from math import ceil, floor, gcd

import numpy as np
from numpy.typing import ArrayLike, NDArray

PASSBAND = 0.86  # of the lower rate's Nyquist frequency: what lies below is unchanged
STOPBAND_DB = 68.0  # attenuation of what lies above that Nyquist frequency
RUN_LENGTHS = range(64, 23, -1)  # output samples computed at a time: few, so that the lag is short
CACHED_MATRICES = 256  # as many as any ratio to 16 kHz needs
MAX_MATRIX_BYTES = 32 << 20  # of all matrices; rates in use need 0.02 to 2 MB


class Resampler:
    def __init__(self, from_rate: int, to_rate: int) -> None:
        scale = min(1.0, to_rate / from_rate)  # of the filter's frequencies
        beta = 0.1102 * (STOPBAND_DB - 8.7)
        width = (STOPBAND_DB - 7.95) / (2.285 * np.pi * (1 - PASSBAND))
        self._half = ceil(width / 2 / scale)  # input samples on each side of an output sample
        self._cutoff = (1 + PASSBAND) / 2 * scale
        common = gcd(from_rate, to_rate)
        self._set_ratio(to_rate // common, from_rate // common)
        if 4 * self._matrices * self._span * self._run > MAX_MATRIX_BYTES:
            self._set_ratio(*self._near_ratio(from_rate / to_rate))
        self._matrix = lru_cache(CACHED_MATRICES)(lambda index: self._compute(index, beta))
        self._input = np.zeros(self._half, np.float32)  # silence before the first sample
        self._input_start = -self._half  # index of the first sample in `_input`
        self._samples_in = self._samples_out = 0

    def _set_ratio(self, up: int, down: int) -> None:
        """Convert `down` input samples to `up` output samples."""
        self._up, self._down = up, down
        # The run length that needs the fewest matrices.
        self._run = max(RUN_LENGTHS, key=lambda run: gcd(run, up))
        self._matrices = up // gcd(self._run, up)
        self._span = floor((self._run - 1) * down / up) + 2 * self._half + 2

    def _near_ratio(self, ratio: float) -> tuple[int, int]:
        """Return integers whose quotient is near the ratio, and that need few matrices.

        Rates such as 767,999 Hz have no common divisor with 16 kHz and would need hundreds of MB.
        The error is below 10 parts per million; clocks of sound cards differ by more.
        """
        run = RUN_LENGTHS[0]
        count = max(1, MAX_MATRIX_BYTES // (4 * self._span * run))
        near = [(run * n, round(run * n * ratio)) for n in range(1, count + 1)]
        up, down = min(near, key=lambda pair: abs(pair[1] / pair[0] - ratio))
        return up // gcd(up, down), down // gcd(up, down)

    def process(self, samples: ArrayLike) -> NDArray[np.float32]:
        """Return the output samples that the input completes; they lag a few ms behind."""
        samples = np.asarray(samples, np.float32)
        self._samples_in += len(samples)
        if self._up == self._down:
            return samples
        self._input = np.concatenate([self._input, samples])
        return self._convert()

    def input_for(self, count: int) -> int:
        """Return how many input samples, from the start, complete this many output samples."""
        if self._up == self._down or count <= 0:
            return max(0, count)
        begin = (count - 1) // self._run * self._run  # of the run with the last of them
        return begin * self._down // self._up - self._half + self._span

    def finish(self) -> NDArray[np.float32]:
        """Return the last output samples, so that input and output are equally long in time."""
        if self._up == self._down:
            return np.empty(0, np.float32)
        missing = -(-self._samples_in * self._up // self._down) - self._samples_out
        self._input = np.concatenate([self._input, np.zeros(self._span + self._half, np.float32)])
        outputs = [self._convert()]
        while sum(map(len, outputs)) < missing:
            self._input = np.concatenate([self._input, np.zeros(self._span, np.float32)])
            outputs.append(self._convert())
        self._input = np.empty(0, np.float32)
        return np.concatenate(outputs)[:missing]

    def _convert(self) -> NDArray[np.float32]:
        outputs = []
        start = self._next_start()
        while start + self._span <= len(self._input):
            index = self._samples_out // self._run % self._matrices
            outputs.append(self._input[start : start + self._span] @ self._matrix(index))
            self._samples_out += self._run
            start = self._next_start()
        self._input = self._input[start:]
        self._input_start += start
        return np.concatenate(outputs) if outputs else np.empty(0, np.float32)

    def _next_start(self) -> int:
        """Return where in `_input` the next run of input samples begins."""
        first = self._samples_out * self._down // self._up - self._half
        return first - self._input_start

    def _compute(self, index: int, beta: float) -> NDArray[np.float32]:
        """Return matrix number `index`, (span, run), which multiplies the input samples."""
        outputs = index * self._run + np.arange(self._run)
        first = index * self._run * self._down // self._up - self._half
        # In input samples; integer and fraction are separate, so that large numbers stay exact.
        whole, rest = np.divmod(outputs * self._down, self._up)
        distance = (whole - first + rest / self._up) - np.arange(self._span)[:, None]
        inside = np.clip(1 - (distance / self._half) ** 2, 0, None)
        window = np.where(np.abs(distance) < self._half, np.i0(beta * np.sqrt(inside)), 0)
        kernel = self._cutoff * np.sinc(self._cutoff * distance) * window
        return (kernel / kernel.sum(axis=0)).astype(np.float32)


def resampled(samples: ArrayLike, from_rate: int, to_rate: int) -> NDArray[np.float32]:
    """Return a complete recording at another rate."""
    resampler = Resampler(from_rate, to_rate)
    return np.concatenate([resampler.process(samples), resampler.finish()])
