"""Opens a sound file of any kind that is known by its first bytes, to be read block by block."""

from __future__ import annotations

import logging
import os
import re
from abc import ABC, abstractmethod
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edge.errors import RecordingError, RuntimeMissing
from edge.formats import files

log = logging.getLogger(__name__)

SUFFIXES = (".wav", ".flac", ".ogg", ".mp3")
# As files begin that libsndfile reads, besides WAV. The last one is a frame of MP3 without a tag.
CODED = re.compile(rb"fLaC|OggS|FORM|ID3|\.snd|caff|riff|\xff[\xe2\xe3\xf2\xf3\xfa\xfb]")
SLOWEST, FASTEST = 1000, 768_000  # Hz: beyond lies no sound but a broken header
BLOCK = 1 << 16  # samples


class SoundFile(ABC):
    """Open; to be used with `with`. A RecordingError leaves it to the caller to name the file."""

    rate: int
    channels: int
    missing = 0
    """Frames that its header promises and that are not there; known when all blocks were read."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @abstractmethod
    def _decoded(self) -> Iterator[NDArray[np.float32]]:
        """(n, channels) as the file has them, in their order; at least one sample in all."""

    @abstractmethod
    def close(self) -> None: ...

    def blocks(self) -> Iterator[NDArray[np.float32]]:
        """The same with full scale 1: floats can be anything, and what is no sound would make no
        sound of all that follows."""
        wrong, peak = 0, 0.0
        try:
            for block in self._decoded():
                no_number = ~np.isfinite(block)
                if no_number.any():
                    wrong += int(no_number.sum())
                    block = np.where(no_number, np.float32(0), block)
                peak = max(peak, float(np.abs(block).max(initial=0)))
                yield np.clip(block, -1, 1)
        finally:
            if wrong:
                log.warning("%s: %d samples are no numbers, silence instead", self._path, wrong)
            if peak > 1:
                log.warning("%s: goes up to %.3g where 1 is full scale, clipped", self._path, peak)

    def _tell_missing(self, there: int, promised: int, what: str = "is cut short") -> None:
        self.missing = promised - there
        log.warning("%s %s: %d of %d samples are there", self._path, what, there, promised)

    def __enter__(self) -> SoundFile:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


def open_sound(path: str | os.PathLike[str]) -> SoundFile:
    """The sound file, whichever kind it is of; its content and not its name tells."""
    path = Path(path)
    start = _start(path)
    if not start:
        raise RecordingError("is empty: record it again")
    file: SoundFile
    if start[:4] in (b"RIFF", b"RF64") and start[8:] == b"WAVE":
        from edge.formats.sound.wav import OtherCoding, WavFile

        try:
            file = WavFile(path)
        except OtherCoding as fault:
            try:
                file = _coded(path)
            except RuntimeMissing:
                raise fault from None
    elif CODED.match(start):
        file = _coded(path)
    else:
        raise RecordingError("is no sound: give it WAV, FLAC, Ogg or MP3")
    if not SLOWEST <= file.rate <= FASTEST:
        file.close()
        raise RecordingError(f"is broken: no sound has {file.rate} samples a second")
    return file


def _coded(path: Path) -> SoundFile:
    from edge.formats.sound.coded import CodedFile

    return CodedFile(path)


def mono(block: NDArray[np.float32]) -> NDArray[np.float32]:
    """The mean of all channels."""
    return block[:, 0] if block.shape[1] == 1 else block.mean(axis=1, dtype=np.float32)


def _start(path: Path) -> bytes:
    with files.readable(path), open(path, "rb") as file:
        return file.read(12)
