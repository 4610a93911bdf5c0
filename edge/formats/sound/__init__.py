"""Sound files of any rate, depth and number of channels: `read` makes them mono float32."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edge.formats import files
from edge.formats.sound.opener import SUFFIXES, open_sound
from edge.formats.sound.sound_file import SoundFile, mono
from edge.formats.sound.wav_writer import write_wav
from edge.resample import resampled
from edge.samples import AUDIO

__all__ = ["SUFFIXES", "Sound", "SoundFile", "find", "mono", "open_sound", "read", "write_wav"]


@dataclass(frozen=True)
class Sound:
    """The sound of a file in memory. `open_sound` reads a file that is too long for that."""

    samples: NDArray[np.float32]
    """(n,) the mean of all channels, full scale is 1."""
    rate: int
    """Samples a second."""

    channels = AUDIO

    @property
    def t(self) -> NDArray[np.float64]:
        """(n,) seconds."""
        return np.arange(len(self.samples)) / self.rate

    @property
    def values(self) -> NDArray[np.float32]:
        """(n, 1) samples, as in a Chunk."""
        return self.samples[:, None]

    def at(self, rate: int) -> Sound:
        """Return the same sound at another sample rate."""
        return self if rate == self.rate else Sound(resampled(self.samples, self.rate, rate), rate)


def read(path: str | os.PathLike[str]) -> Sound:
    """Return the sound in a file.

    Raise RecordingError if there is none. Its message does not name the file: the caller does.
    """
    with open_sound(path) as file:
        return Sound(np.concatenate([mono(block) for block in file.blocks()]), file.rate)


def find(paths: Iterable[str | os.PathLike[str]]) -> list[Path]:
    """Return every named file, and every sound file in the named folders, each once.

    The order is that of the names given; the files of one folder are sorted by name.
    """
    return files.find(paths, SUFFIXES)
