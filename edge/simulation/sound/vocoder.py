"""Sound from what a throat does: pulses and noise, each through the spectrum of its moment.

All pulses, and all windows of noise, are computed at once: speech costs a hundredth of its time.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

RATE = 16000  # Hz
HOP = 80  # samples from one frame of a track to the next: 5 ms
FFT = 512  # a throat rings for less than these 32 ms
BINS = np.fft.rfftfreq(FFT, 1 / RATE)  # Hz
DEAF = -60.0  # ln power of nothing
CHIRP = 0.002  # s that the highest tones of a pulse come later: a glottis does not click

Floats = NDArray[Any]


def pulses(pitch: Floats, spectrum: Floats) -> Floats:
    """The voiced part: (n,) Hz and (n, len(BINS)) ln power, `HOP` apart.

    One pulse a period, each rings through the spectrum that holds when it comes.
    """
    frames = len(pitch)
    turns = np.cumsum(np.interp(np.arange(frames * HOP) / HOP, np.arange(frames), pitch)) / RATE
    at = np.interp(np.arange(1, int(turns[-1]) + 1), turns, np.arange(len(turns)))
    frame = np.minimum((at / HOP).astype(int), frames - 1)
    heard = spectrum[frame].max(axis=1) > DEAF / 2
    at, frame = at[heard], frame[heard]
    if not len(at):
        return np.zeros(frames * HOP + FFT)
    whole = at.astype(int)
    late = (at - whole)[:, None] / RATE + CHIRP * BINS / RATE
    # As much power as noise of the same spectrum has, however seldom the pulses come.
    loudness = np.sqrt(RATE / pitch[frame])[:, None]
    spectra = np.exp(minimum_phase(spectrum[frame]) - 2j * np.pi * BINS * late)
    rings = np.fft.irfft(spectra * loudness)
    return _laid_over(rings, whole, frames * HOP + FFT)


def noise(spectrum: Floats, rng: np.random.Generator) -> Floats:
    """The breath: (n, len(BINS)) ln power, `HOP` apart."""
    frames = len(spectrum)
    window = np.hanning(2 * HOP + 1)[:-1]
    white = np.lib.stride_tricks.sliding_window_view(
        rng.standard_normal((frames + 1) * HOP), 2 * HOP
    )[::HOP]
    spectra = np.fft.rfft(white * window, FFT) * np.exp(minimum_phase(spectrum))
    start = np.arange(frames) * HOP
    return _laid_over(np.fft.irfft(spectra), start, (frames + 1) * HOP + FFT)[HOP:]


def minimum_phase(spectrum: Floats) -> NDArray[np.complex128]:
    """The complex ln spectrum of the filter with this ln power that answers soonest."""
    cepstrum = np.fft.irfft(spectrum / 2)
    cepstrum[:, 1 : FFT // 2] *= 2
    cepstrum[:, FFT // 2 + 1 :] = 0
    return np.fft.rfft(cepstrum)


def _laid_over(parts: Floats, start: NDArray[np.int64], length: int) -> Floats:
    """The sum of parts that begin at `start`."""
    places = (start[:, None] + np.arange(parts.shape[1])).ravel()
    return np.bincount(places, parts.ravel(), length)
