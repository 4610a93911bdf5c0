"""The front end: from samples to mel spectrograms, the same code for training and devices.

A `FrontEnd` holds every parameter of a spectrogram, so that a model's manifest can carry it. With
equal parameters its values equal librosa's (`melspectrogram` and `mfcc` with center=False).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.features.sound import mel

LOGS = (None, "ln", "db")
NORMS = (None, "slaney")
POWERS = (1, 2)
MAX_FFT = 1 << 14  # samples: a second at 16 kHz
MAX_FRAMES_AT_ONCE = 4096  # limits the memory that a long recording takes ...
MAX_SAMPLES_AT_ONCE = 1 << 22  # ... also if its frames are long


@dataclass(frozen=True)
class FrontEnd:
    """The parameters of a spectrogram, and the functions that compute it."""

    rate_hz: int = 16000
    window: int = 480
    """Length of the Hann window of a frame, in samples."""
    hop: int = 320
    """Samples from the start of one frame to the start of the next."""
    fft: int = 512
    """Length of the FFT: the windowed samples are followed by zeros up to it."""
    mels: int = 40
    """Number of mel bands."""
    low_hz: float = 20.0
    high_hz: float = 4000.0
    scale: str = "htk"
    """Mel scale on which the bands are spaced evenly: "htk" or "slaney"."""
    norm: str | None = None
    """"slaney" gives all bands the same area, None the same height."""
    power: int = 2
    """2 sums the energies of a band, 1 sums the magnitudes."""
    log: str | None = "ln"
    """"ln", "db" (10 log10) or None for no logarithm."""
    floor: float = 1e-6
    """Smaller values are raised to this one before the logarithm."""
    coefficients: int = 0
    """Number of MFCC that replace the mel bands; 0 keeps the mel bands."""

    def __post_init__(self) -> None:
        """Raise ValueError for parameters that contradict each other."""
        integers = ("rate_hz", "window", "hop", "fft", "mels", "power", "coefficients")
        if not all(isinstance(getattr(self, name), int) for name in integers):
            raise ValueError(f"{', '.join(integers)} must be integers")
        if not 0 < self.hop <= self.window <= self.fft <= MAX_FFT:
            raise ValueError(
                f"hop {self.hop}, window {self.window}, FFT {self.fft}: they must grow in this "
                f"order, from 1 to {MAX_FFT}"
            )
        if not 0 <= self.low_hz < self.high_hz <= self.rate_hz / 2:
            raise ValueError(f"bands from {self.low_hz} to {self.high_hz} Hz at {self.rate_hz} Hz")
        if self.power not in POWERS or self.log not in LOGS or self.norm not in NORMS:
            raise ValueError(f"power {self.power}, log {self.log!r}, norm {self.norm!r}")
        if self.scale not in mel.SCALES or not 0 < self.mels < self.fft:
            raise ValueError(f"mel scale {self.scale!r} with {self.mels} bands")
        if not 0 <= self.coefficients <= self.mels or not 0 < self.floor < 1:
            raise ValueError(f"{self.coefficients} MFCC of {self.mels} bands, floor {self.floor}")
        if not self._filters.any(axis=0).all():
            raise ValueError(
                f"{self.mels} bands with an FFT of {self.fft}: some bands contain no FFT bin"
            )

    @property
    def bins(self) -> int:
        """The number of values in a frame: mel bands, or MFCC."""
        return self.coefficients or self.mels

    @property
    def silent_frame(self) -> NDArray[np.float32]:
        """The spectrum of digital silence."""
        return self.spectra(np.zeros((1, self.window), np.float32))[0]

    @property
    def silence_level(self) -> float:
        """The level of digital silence."""
        return self.level(self.silent_frame[np.newaxis])

    def specification(self) -> dict[str, Any]:
        """The parameters as a manifest stores them."""
        return asdict(self)

    def frames(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the spectrogram, (frames, bins), of all frames that lie within the samples."""
        if len(samples) < self.window:
            return np.empty((0, self.bins), np.float32)
        cut = np.lib.stride_tricks.sliding_window_view(samples, self.window)[:: self.hop]
        count = min(MAX_FRAMES_AT_ONCE, MAX_SAMPLES_AT_ONCE // self.fft)
        if len(cut) <= count:
            return self.spectra(cut)
        starts = range(0, len(cut), count)
        return np.concatenate([self.spectra(cut[at : at + count]) for at in starts])

    def spectra(self, cut: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return (..., k, bins) spectra of (..., k, window) samples.

        Each group of k frames is a matrix product of its own: its rounding does not depend on how
        many groups are computed together.
        """
        spectrum = np.fft.rfft(cut * self._hann, self.fft)[..., self._first_bin : self._end_bin]
        energy = spectrum.real**2 + spectrum.imag**2
        energy = energy if self.power == 2 else np.sqrt(energy)
        bands = energy.astype(np.float32, copy=False) @ self._weights
        if self.log is not None:
            # fmax also replaces NaN by the floor.
            np.fmax(bands, np.float32(self.floor), out=bands)
            np.log(bands, out=bands)
        if self.log == "db":
            bands *= np.float32(10 / np.log(10))
        if self.coefficients:
            bands = bands @ self._dct
        return bands

    def level(self, frames: NDArray[np.float32]) -> float:
        """Return the level of these frames in nats of energy: the level gate compares it.

        It is the mean over the bands of ln energy; without a logarithm, ln of the mean energy.
        """
        level = _mean(frames[:, 0]) / np.sqrt(self.mels) if self.coefficients else _mean(frames)
        if self.log is None:
            level = float(np.log(level + self.floor))
        elif self.log == "db":
            level *= float(np.log(10)) / 10
        return 2 / self.power * level

    @cached_property
    def _hann(self) -> NDArray[np.float32]:
        """The periodic Hann window: the usual one for spectra."""
        phase = 2 * np.pi * np.arange(self.window) / self.window
        return (0.5 - 0.5 * np.cos(phase)).astype(np.float32)

    @cached_property
    def _filters(self) -> NDArray[np.float64]:
        return mel.filters(
            *(self.rate_hz, self.fft, self.mels, self.low_hz, self.high_hz, self.scale, self.norm)
        )

    @cached_property
    def _first_bin(self) -> int:
        """The first FFT bin that has a weight in a band."""
        return int(np.flatnonzero(self._filters.any(axis=1))[0])

    @cached_property
    def _end_bin(self) -> int:
        """The FFT bin after the last one that has a weight in a band."""
        return int(np.flatnonzero(self._filters.any(axis=1))[-1]) + 1

    @cached_property
    def _weights(self) -> NDArray[np.float32]:
        return self._filters[self._first_bin : self._end_bin].astype(np.float32)

    @cached_property
    def _dct(self) -> NDArray[np.float32]:
        return mel.dct_matrix(self.mels, self.coefficients).astype(np.float32)


def _mean(rows: NDArray[np.float32]) -> float:
    """Return rows.mean() in a third of its time: it is slow where there are few rows."""
    return float(np.add.reduce(rows, axis=None) / np.float32(rows.size))
