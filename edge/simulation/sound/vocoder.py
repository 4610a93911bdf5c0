"""A vocoder: speech from a pitch contour and spectral envelopes.

Voiced sound is a series of glottal pulses, unvoiced sound is noise; both are filtered by the
envelope of the moment. All pulses, and all frames of noise, are computed together: speech costs a
hundredth of its duration.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

RATE = 16000  # Hz
HOP = 80  # samples from one frame to the next: 5 ms
FFT = 512  # the impulse response of a vocal tract is shorter than these 32 ms
BINS = np.fft.rfftfreq(FFT, 1 / RATE)  # Hz
SILENCE_LN_POWER = -60.0
PULSE_DISPERSION_S = 0.002  # delay of a pulse's highest frequencies: a glottal pulse is no click

Floats = NDArray[Any]


def voiced_sound(pitch: Floats, ln_power: Floats) -> Floats:
    """Return glottal pulses, filtered by the envelope at the time of each pulse.

    `pitch` is (n,) in Hz, `ln_power` is (n, len(BINS)); the frames are `HOP` samples apart.
    """
    frames = len(pitch)
    periods = np.cumsum(np.interp(np.arange(frames * HOP) / HOP, np.arange(frames), pitch)) / RATE
    at = np.interp(np.arange(1, int(periods[-1]) + 1), periods, np.arange(len(periods)))
    frame = np.minimum((at / HOP).astype(int), frames - 1)
    audible = ln_power[frame].max(axis=1) > SILENCE_LN_POWER / 2
    at, frame = at[audible], frame[audible]
    if not len(at):
        return np.zeros(frames * HOP + FFT)
    start = at.astype(int)
    delay = (at - start)[:, None] / RATE + PULSE_DISPERSION_S * BINS / RATE
    # The power equals that of noise with the same envelope, at any pitch.
    gain = np.sqrt(RATE / pitch[frame])[:, None]
    spectra = np.exp(_minimum_phase(ln_power[frame]) - 2j * np.pi * BINS * delay)
    pulses = np.fft.irfft(spectra * gain)
    return _overlap_add(pulses, start, frames * HOP + FFT)


def unvoiced_sound(ln_power: Floats, rng: np.random.Generator) -> Floats:
    """Return noise with the envelopes (n, len(BINS)), which are `HOP` samples apart."""
    frames = len(ln_power)
    window = np.hanning(2 * HOP + 1)[:-1]
    white = np.lib.stride_tricks.sliding_window_view(
        rng.standard_normal((frames + 1) * HOP), 2 * HOP
    )[::HOP]
    spectra = np.fft.rfft(white * window, FFT) * np.exp(_minimum_phase(ln_power))
    start = np.arange(frames) * HOP
    return _overlap_add(np.fft.irfft(spectra), start, (frames + 1) * HOP + FFT)[HOP:]


def _minimum_phase(ln_power: Floats) -> NDArray[np.complex128]:
    """Return the complex ln spectrum of the minimum-phase filter with this ln power."""
    cepstrum = np.fft.irfft(ln_power / 2)
    cepstrum[:, 1 : FFT // 2] *= 2
    cepstrum[:, FFT // 2 + 1 :] = 0
    return np.fft.rfft(cepstrum)


def _overlap_add(parts: Floats, start: NDArray[np.int64], length: int) -> Floats:
    """Return the sum of the parts, each placed at its `start`."""
    places = (start[:, None] + np.arange(parts.shape[1])).ravel()
    return np.bincount(places, parts.ravel(), length)
