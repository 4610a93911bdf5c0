"""From sound to mel spectra: the one front end that training and devices share.

A `FrontEnd` says everything there is to know about a spectrum, so that a model's manifest can carry
it. With the same parameters its numbers are librosa's (`melspectrogram`, `mfcc`, uncentred).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.features.sound import mel

LOGS = (None, "ln", "db")
LONGEST = 1 << 16  # FFT: over a second at any rate
TOGETHER = 64  # blocks at most that are computed together: they all take memory
AT_ONCE = 4096  # frames of a recording, for the same reason


@dataclass(frozen=True)
class FrontEnd:
    rate_hz: int = 16000
    window: int = 480
    """Samples under each Hann window."""
    hop: int = 320
    """Samples from one frame to the next."""
    fft: int = 512
    mels: int = 40
    low_hz: float = 20.0
    high_hz: float = 4000.0
    scale: str = "htk"
    """How bands are spaced: "htk" or "slaney"."""
    norm: str | None = None
    """"slaney" gives all bands the same area, None the same height."""
    power: int = 2
    """2 sums energies in a band, 1 magnitudes."""
    log: str | None = "ln"
    """"ln", "db" (10 log10) or None for no logarithm."""
    floor: float = 1e-6
    """Smallest value that the logarithm sees."""
    coefficients: int = 0
    """MFCC instead of bands: how many (0 for none)."""

    def __post_init__(self) -> None:
        """ValueError for what cannot be."""
        whole = ("rate_hz", "window", "hop", "fft", "mels", "power", "coefficients")
        if not all(isinstance(getattr(self, name), int) for name in whole):
            raise ValueError(f"{', '.join(whole)} are whole numbers")
        if not 0 < self.hop <= self.window <= self.fft <= LONGEST:
            raise ValueError(f"a hop of {self.hop}, window {self.window} and FFT {self.fft}")
        if not 0 <= self.low_hz < self.high_hz <= self.rate_hz / 2:
            raise ValueError(f"bands from {self.low_hz} to {self.high_hz} Hz at {self.rate_hz} Hz")
        if self.power not in (1, 2) or self.log not in LOGS or self.norm not in (None, "slaney"):
            raise ValueError(f"power {self.power}, log {self.log!r}, norm {self.norm!r}")
        if self.scale not in mel.SCALES or not 0 < self.mels < self.fft:
            raise ValueError(f"scale {self.scale!r}, {self.mels} bands")
        if not 0 <= self.coefficients <= self.mels or not 0 < self.floor < 1:
            raise ValueError(f"{self.coefficients} MFCC of {self.mels} bands, floor {self.floor}")
        if not self._filters.any(axis=0).all():
            raise ValueError(f"{self.mels} bands for an FFT of {self.fft}: some would be empty")

    @property
    def bins(self) -> int:
        """Numbers in a frame."""
        return self.coefficients or self.mels

    @property
    def silence(self) -> NDArray[np.float32]:
        """The frame of digital silence."""
        return self.of_frames(np.zeros((1, self.window), np.float32))[0]

    @property
    def nothing(self) -> float:
        """The loudness of digital silence."""
        return self.loudness(self.silence[np.newaxis])

    def specification(self) -> dict[str, Any]:
        return asdict(self)

    def frames(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        """(k, bins): every frame that lies wholly within the samples."""
        if len(samples) < self.window:
            return np.empty((0, self.bins), np.float32)
        cut = np.lib.stride_tricks.sliding_window_view(samples, self.window)[:: self.hop]
        if len(cut) <= AT_ONCE:
            return self.of_frames(cut)
        parts = (cut[k : k + AT_ONCE] for k in range(0, len(cut), AT_ONCE))
        return np.concatenate([self.of_frames(part) for part in parts])

    def of_frames(self, cut: NDArray[np.float32]) -> NDArray[np.float32]:
        """(..., k, bins) of (..., k, window) samples, each k frames by a product of their own."""
        spectrum = np.fft.rfft(cut * self._hann, self.fft)[..., self._from : self._to]
        energy = spectrum.real**2 + spectrum.imag**2
        energy = energy if self.power == 2 else np.sqrt(energy)
        bands = energy.astype(np.float32, copy=False) @ self._bands
        if self.log is not None:
            # Of a band and the floor the greater, and the floor for what is no number.
            np.fmax(bands, np.float32(self.floor), out=bands)
            np.log(bands, out=bands)
        if self.log == "db":
            bands *= np.float32(10 / np.log(10))
        if self.coefficients:
            bands = bands @ self._cosines
        return bands

    def loudness(self, rows: NDArray[np.float32]) -> float:
        """How loud these frames are on the whole, in nats of energy: a gate's measure."""
        level = _mean(rows[:, 0]) / np.sqrt(self.mels) if self.coefficients else _mean(rows)
        if self.log is None:
            level = float(np.log(level + self.floor))
        elif self.log == "db":
            level *= float(np.log(10)) / 10
        return 2 / self.power * level

    @cached_property
    def _hann(self) -> NDArray[np.float32]:
        """Periodic, as spectra are cut."""
        phase = 2 * np.pi * np.arange(self.window) / self.window
        return (0.5 - 0.5 * np.cos(phase)).astype(np.float32)

    @cached_property
    def _filters(self) -> NDArray[np.float64]:
        return mel.filters(
            *(self.rate_hz, self.fft, self.mels, self.low_hz, self.high_hz, self.scale, self.norm)
        )

    @cached_property
    def _from(self) -> int:
        """The first bin of the FFT that any band looks at."""
        return int(np.flatnonzero(self._filters.any(axis=1))[0])

    @cached_property
    def _to(self) -> int:
        return int(np.flatnonzero(self._filters.any(axis=1))[-1]) + 1

    @cached_property
    def _bands(self) -> NDArray[np.float32]:
        return self._filters[self._from : self._to].astype(np.float32)

    @cached_property
    def _cosines(self) -> NDArray[np.float32]:
        return mel.cosines(self.mels, self.coefficients).astype(np.float32)


def _mean(rows: NDArray[np.float32]) -> float:
    """As rows.mean(), in a third of the time that this takes where the rows are few."""
    return float(np.add.reduce(rows, axis=None) / np.float32(rows.size))


class Stream:
    """A front end that is fed as sound comes, and computes each frame once.

    Frames come in blocks of a fixed size: a product of other size would round otherwise, and the
    frames would depend on how the sound was cut into chunks. Blocks that come together are computed
    together, for most of the time is spent on asking for it.
    """

    def __init__(self, front_end: FrontEnd, block: int = 1) -> None:
        self.front_end, self.block = front_end, block
        self.span = (block - 1) * front_end.hop + front_end.window
        """Samples under a block."""
        self.advance = block * front_end.hop
        """Samples from one block to the next."""
        self._rest = np.empty(0, np.float32)

    @property
    def waiting(self) -> int:
        """Samples that no block has consumed yet."""
        return len(self._rest)

    def push(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        """(k, block, bins): the blocks that these samples complete."""
        held = np.concatenate([self._rest, samples])
        count = max(0, (len(held) - self.span) // self.advance + 1)
        self._rest = held[count * self.advance :]
        if count <= TOGETHER:
            return self._blocks(held, 0, count)
        starts = range(0, count, TOGETHER)
        return np.concatenate([self._blocks(held, at, min(TOGETHER, count - at)) for at in starts])

    def reset(self) -> None:
        """Forget what has not become a frame."""
        self._rest = np.empty(0, np.float32)

    def _blocks(self, held: NDArray[np.float32], first: int, count: int) -> NDArray[np.float32]:
        if not count:
            return np.empty((0, self.block, self.front_end.bins), np.float32)
        # A view, and not by as_strided, which takes longer than to compute a block.
        cut: NDArray[np.float32] = np.ndarray(
            (count, self.block, self.front_end.window),
            np.float32,
            held,
            4 * first * self.advance,
            (4 * self.advance, 4 * self.front_end.hop, 4),
        )
        return self.front_end.of_frames(cut)
