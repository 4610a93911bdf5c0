"""Sound on disk, at whatever rate, depth and number of channels: `read` makes it mono numbers."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edge.formats import files
from edge.formats.sound.file import SUFFIXES, SoundFile, mono, open_sound
from edge.formats.sound.write import write_wav
from edge.resample import resampled
from edge.samples import AUDIO

__all__ = ["Sound", "SoundFile", "find", "mono", "open_sound", "read", "write_wav"]


@dataclass(frozen=True)
class Sound:
    """A whole file; what is too long to be held at once is read with `open_sound`."""

    samples: NDArray[np.float32]
    """(n,) the mean of all channels, full scale is 1."""
    rate: int

    channels = AUDIO

    @property
    def t(self) -> NDArray[np.float64]:
        """(n,) seconds."""
        return np.arange(len(self.samples)) / self.rate

    @property
    def values(self) -> NDArray[np.float32]:
        """(n, 1) as in a Chunk."""
        return self.samples[:, None]

    def at(self, rate: int) -> Sound:
        """The same sound at another rate."""
        return self if rate == self.rate else Sound(resampled(self.samples, self.rate, rate), rate)


def read(path: str | os.PathLike[str]) -> Sound:
    """The sound in a file. A RecordingError leaves it to the caller to name the file."""
    with open_sound(path) as file:
        return Sound(np.concatenate([mono(block) for block in file.blocks()]), file.rate)


def find(paths: Iterable[str | os.PathLike[str]]) -> list[Path]:
    """Every file named, and every sound file in the folders named, each once.

    In the order of the names given, and what is in a folder in the order of its names.
    """
    return files.find(paths, SUFFIXES)
