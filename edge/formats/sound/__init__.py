"""Sound files of any rate, depth and number of channels: `read` makes them mono float32."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edge.errors import RecordingError
from edge.formats import files
from edge.formats.sound.opener import SUFFIXES, open_sound
from edge.formats.sound.sound_file import SoundFile, mono
from edge.formats.sound.wav_writer import write_wav
from edge.resample import Resampler, resampled
from edge.samples import AUDIO

MAX_SECONDS = 600.0  # of a recording in memory; one of a word lasts seconds

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


def read(
    path: str | os.PathLike[str], rate: int | None = None, max_seconds: float = MAX_SECONDS
) -> Sound:
    """Return the sound in a file, at another sample rate if `rate` is given.

    It is converted block by block: the memory does not depend on the rate of the file.
    Raise RecordingError if there is no sound, or more than `max_seconds`. Its message does not name
    the file: the caller does.
    """
    with open_sound(path) as file:
        to_rate = rate or file.rate
        resampler, samples, frames = Resampler(file.rate, to_rate), bytearray(), 0
        for block in file.blocks():
            frames += len(block)
            if frames > max_seconds * file.rate:
                raise RecordingError(
                    f"is longer than {_duration(max_seconds)}, the most for a recording that is "
                    "read as a whole: cut it, or use a live command with --replay, which reads "
                    "sound of any length"
                )
            samples += resampler.process(mono(block)).tobytes()
        samples += resampler.finish().tobytes()
    return Sound(np.frombuffer(samples, np.float32), to_rate)


def _duration(seconds: float) -> str:
    return f"{seconds / 60:g} minutes" if seconds > 60 else f"{seconds:g} s"


def find(paths: Iterable[str | os.PathLike[str]]) -> list[Path]:
    """Return every named file, and every sound file in the named folders, each once.

    The order is that of the names given; the files of one folder are sorted by name.
    """
    return files.find(paths, SUFFIXES)
