"""The mel scale: mel bands as weights of FFT bins, and the DCT that makes MFCC of them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

SCALES = ("htk", "slaney")

# Slaney's scale is linear up to 1 kHz and logarithmic above.
HZ_PER_MEL = 200 / 3  # below the knee
KNEE_HZ = 1000.0
KNEE_MEL = KNEE_HZ / HZ_PER_MEL
LOG_STEP = np.log(6.4) / 27  # ln of the frequency ratio of one mel, above the knee


def filters(
    rate: int, fft: int, mels: int, low: float, high: float, scale: str, norm: str | None
) -> NDArray[np.float64]:
    """Return (fft // 2 + 1, mels) triangular filters; with norm "slaney" all have the same area."""
    bottom, top = to_mel(np.array([low, high]), scale).tolist()
    edges = to_hz(np.linspace(bottom, top, mels + 2), scale)
    hz = np.arange(fft // 2 + 1)[:, None] * rate / fft
    rising = (hz - edges[:-2]) / np.diff(edges)[:-1]
    falling = (edges[2:] - hz) / np.diff(edges)[1:]
    triangles = np.maximum(0, np.minimum(rising, falling))
    return triangles * (2 / (edges[2:] - edges[:-2]) if norm == "slaney" else 1.0)


def to_mel(hz: NDArray[np.float64], scale: str) -> NDArray[np.float64]:
    """Convert frequencies to the mel scale."""
    if scale == "htk":
        return 2595 * np.log10(1 + hz / 700)
    above = KNEE_MEL + np.log(np.maximum(hz, KNEE_HZ) / KNEE_HZ) / LOG_STEP
    return np.where(hz < KNEE_HZ, hz / HZ_PER_MEL, above)


def to_hz(mel: NDArray[np.float64], scale: str) -> NDArray[np.float64]:
    """Convert mels to frequencies: the inverse of `to_mel`."""
    if scale == "htk":
        return 700 * (10 ** (mel / 2595) - 1)
    above = KNEE_HZ * np.exp(LOG_STEP * (mel - KNEE_MEL))
    return np.where(mel < KNEE_MEL, mel * HZ_PER_MEL, above)


def dct_matrix(bands: int, coefficients: int) -> NDArray[np.float64]:
    """Return the (bands, coefficients) orthonormal DCT-II, from log mel bands to MFCC."""
    angle = np.pi * (np.arange(bands)[:, None] + 0.5) * np.arange(coefficients) / bands
    scaled = np.cos(angle) * np.sqrt(2 / bands)
    scaled[:, 0] /= np.sqrt(2)
    return scaled
