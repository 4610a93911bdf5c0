"""Synthetic noise as log-mel spectra: stationary, and non-stationary."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from training.sound.data.log_mel import BANDS, FRONT_END, ROWS


def stationary_noise(count: int, seed: int, rows: int = ROWS) -> NDArray[np.float32]:
    """Return (n, rows, BANDS): smooth random spectra with slow swells.

    The energy of each band varies from row to row as that of white noise does.
    """
    rng = np.random.default_rng(seed)
    bins = np.linspace(2, 8, BANDS)  # FFT bins in a band: the energy of many bins varies less
    variation = np.log(rng.gamma(bins, 1 / bins, (count, rows, BANDS)))
    swell = _random_walks(rng, count, rows, 0.05) * rng.uniform(0, 1, (count, 1))
    return (_random_spectra(rng, count) + swell[:, :, None] + variation - 5).astype(np.float32)


def nonstationary_noise(count: int, seed: int, rows: int = ROWS) -> NDArray[np.float32]:
    """Return (n, rows, BANDS): harmonic sounds whose pitch glides (as cries, tunes and whines), or
    knocks that ring; both over stationary noise."""
    rng = np.random.default_rng(seed)
    hz = 700 * (
        np.exp(np.linspace(0, 1, BANDS + 2)[1:-1] * np.log(1 + FRONT_END.high_hz / 700)) - 1
    )
    harmonic_sound = _harmonic_sounds(rng, count, rows, hz)
    since = (np.arange(rows) + rng.uniform(0, 60, (count, 1))) % rng.uniform(25, 120, (count, 1))
    knock = _random_spectra(rng, count) + 4 - (since / rng.uniform(2, 15, (count, 1)))[:, :, None]
    is_harmonic = rng.random((count, 1, 1)) < 0.65
    background = stationary_noise(count, seed + 1, rows) - rng.uniform(0, 6, (count, 1, 1))
    foreground = np.where(is_harmonic, harmonic_sound, knock) - 5
    return np.logaddexp(foreground, background).astype(np.float32)


def _harmonic_sounds(
    rng: np.random.Generator, count: int, rows: int, hz: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return (n, rows, BANDS); `hz` are the centres of the bands."""
    pitch = 2 ** (
        rng.uniform(np.log2(120), np.log2(1200), (count, 1)) + _random_walks(rng, count, rows, 0.04)
    )
    harmonics = np.cos(2 * np.pi * hz / pitch[:, :, None])
    width = np.gradient(hz)
    resolved = np.clip(1.5 - 1.5 * width / pitch[:, :, None], 0, 1)  # wide bands show no harmonics
    formants = _random_spectra(rng, count) + 2 * np.sin(
        hz / rng.uniform(300, 900, (count, 1, 1))
        + _random_walks(rng, count, rows, 0.15)[:, :, None]
    )
    frequency, phase = rng.uniform(0.3, 4, (count, 1)), rng.uniform(0, 6, (count, 1))
    swell = 4 * np.sin(2 * np.pi * frequency * np.arange(rows) / 100 + phase)
    return formants + 3 * resolved * harmonics + np.minimum(swell, 2)[:, :, None]


def _random_spectra(rng: np.random.Generator, count: int) -> NDArray[np.float64]:
    """Return (n, 1, BANDS) smooth random spectra."""
    x = np.linspace(0, 1, BANDS)
    curve = rng.normal(0, 1.5, (count, 1, 1)) * (x - 0.5)
    for k in (1, 2, 3, 5):
        wave = np.cos(np.pi * k * x + rng.uniform(0, 6, (count, 1, 1)))
        curve = curve + rng.normal(0, 1.0 / k, (count, 1, 1)) * wave
    return curve


def _random_walks(
    rng: np.random.Generator, count: int, rows: int, step: float
) -> NDArray[np.float64]:
    """Return (n, rows) random walks."""
    return np.cumsum(rng.normal(0, step, (count, rows)), axis=1)
