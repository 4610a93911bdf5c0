"""The mel scale: bands of hearing as weights over the bins of an FFT."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

SCALES = ("htk", "slaney")

# Slaney's scale is linear up to 1 kHz and logarithmic above.
LINEAR_HZ = 200 / 3  # a mel
KNEE_HZ = 1000.0
KNEE_MEL = KNEE_HZ / LINEAR_HZ
STEP = np.log(6.4) / 27  # of the logarithm, a mel


def filters(
    rate: int, fft: int, mels: int, low: float, high: float, scale: str, norm: str | None
) -> NDArray[np.float64]:
    """(fft // 2 + 1, mels) triangles; with norm "slaney" all have the same area."""
    bottom, top = to_mel(np.array([low, high]), scale).tolist()
    edges = to_hz(np.linspace(bottom, top, mels + 2), scale)
    hz = np.arange(fft // 2 + 1)[:, None] * rate / fft
    rising = (hz - edges[:-2]) / np.diff(edges)[:-1]
    falling = (edges[2:] - hz) / np.diff(edges)[1:]
    triangles = np.maximum(0, np.minimum(rising, falling))
    return triangles * (2 / (edges[2:] - edges[:-2]) if norm == "slaney" else 1.0)


def to_mel(hz: NDArray[np.float64], scale: str) -> NDArray[np.float64]:
    if scale == "htk":
        return 2595 * np.log10(1 + hz / 700)
    above = KNEE_MEL + np.log(np.maximum(hz, KNEE_HZ) / KNEE_HZ) / STEP
    return np.where(hz < KNEE_HZ, hz / LINEAR_HZ, above)


def to_hz(mel: NDArray[np.float64], scale: str) -> NDArray[np.float64]:
    if scale == "htk":
        return 700 * (10 ** (mel / 2595) - 1)
    above = KNEE_HZ * np.exp(STEP * (mel - KNEE_MEL))
    return np.where(mel < KNEE_MEL, mel * LINEAR_HZ, above)


def cosines(bands: int, coefficients: int) -> NDArray[np.float64]:
    """(bands, coefficients): the orthonormal DCT-II that makes MFCC of logarithmic bands."""
    angle = np.pi * (np.arange(bands)[:, None] + 0.5) * np.arange(coefficients) / bands
    scaled = np.cos(angle) * np.sqrt(2 / bands)
    scaled[:, 0] /= np.sqrt(2)
    return scaled
