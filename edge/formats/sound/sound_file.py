"""The base class of an open sound file, which is read block by block."""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

log = logging.getLogger(__name__)

BLOCK = 1 << 16  # frames in a block ...
MAX_BLOCK_VALUES = 1 << 18  # ... of at most 4 channels; a block of more channels has fewer frames


class SoundFile(ABC):
    """Use it with `with`. The message of a RecordingError does not name the file."""

    rate: int
    """Frames a second."""
    channels: int
    missing = 0
    """Frames that the header promises but the file lacks; known when all blocks were read."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @abstractmethod
    def _decoded(self) -> Iterator[NDArray[np.float32]]:
        """Yield blocks of (n, channels) as the file has them; at least one frame in all."""

    @abstractmethod
    def close(self) -> None: ...

    @property
    def block_frames(self) -> int:
        """The number of frames in a block."""
        return min(BLOCK, MAX_BLOCK_VALUES // self.channels)

    def blocks(self) -> Iterator[NDArray[np.float32]]:
        """Yield blocks of (n, channels), full scale is 1.

        A file of floats can hold any number: those beyond full scale are clipped, and infinity
        and NaN become 0, because a NaN would spoil the features of everything after it.
        """
        not_finite, peak = 0, 0.0
        try:
            for block in self._decoded():
                bad = ~np.isfinite(block)
                if bad.any():
                    not_finite += int(bad.sum())
                    block = np.where(bad, np.float32(0), block)
                peak = max(peak, float(np.abs(block).max(initial=0)))
                yield np.clip(block, -1, 1)
        finally:
            if not_finite:
                log.warning("%s: %d samples are not numbers, replaced by 0", self._path, not_finite)
            if peak > 1:
                log.warning("%s: its peak is %.3g where 1 is full scale, clipped", self._path, peak)

    def _report_missing(self, there: int, promised: int, what: str = "is cut short") -> None:
        self.missing = promised - there
        log.warning("%s %s: %d of %d samples are there", self._path, what, there, promised)

    def __enter__(self) -> SoundFile:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


def mono(block: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the mean of all channels: (n,) from (n, channels)."""
    return block[:, 0] if block.shape[1] == 1 else block.mean(axis=1, dtype=np.float32)
