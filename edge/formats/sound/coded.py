"""FLAC, Ogg and whatever else libsndfile reads."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.errors import RecordingError, RuntimeMissing
from edge.formats.sound.file import BLOCK, SoundFile

log = logging.getLogger(__name__)

LITTLE = 256  # frames: what is lost at most where a file is cut short
LONGEST_PAGE, LAST_PAGE = 65307, 4  # bytes of a page of Ogg; the flag of the last one
ENDLESS = 1 << 62  # frames, which says that nobody knows how many


class CodedFile(SoundFile):
    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._library = _soundfile()
        try:
            self._file = self._library.SoundFile(path)
        except self._library.LibsndfileError as fault:
            raise RecordingError(f"cannot be decoded: {fault.error_string}") from None
        self.rate, self.channels = self._file.samplerate, self._file.channels
        self._read_on()

    def _read_on(self) -> None:
        """Without seeking, which soundfile does after every block: in a damaged file it is led back
        to what was heard already."""
        self._file.seekable = lambda: False

    def _decoded(self) -> Iterator[NDArray[np.float32]]:
        done, size, fault = 0, BLOCK, ""
        while True:
            try:
                block = self._file.read(size, dtype="float32", always_2d=True)
            except self._library.LibsndfileError as error:
                if size > LITTLE:  # all that the file has before the place where it is broken
                    size = LITTLE
                    self._go_back_to(done)
                    continue
                fault = error.error_string
                if not done:
                    raise RecordingError(f"cannot be decoded: {fault}") from None
                break
            if not len(block):
                break
            done += len(block)
            yield block
        if not done:
            raise RecordingError("holds no sound, a header alone: record it again")
        promised = self._file.frames
        if done < promised < ENDLESS:
            self._tell_missing(done, promised, "is damaged or cut short")
        elif _ends_early(self._path):
            self.missing = 1  # at least
            log.warning("%s is cut short: %d samples are there", self._path, done)
        elif fault:
            log.warning(
                "%s does not say how long it is; %d samples are there, and then: %s",
                *(self._path, done, fault),
            )

    def _go_back_to(self, frame: int) -> None:
        """By reading, for a broken file cannot always be sought in."""
        self._file.close()
        self._file = self._library.SoundFile(self._path)
        self._read_on()
        while frame:
            frame -= len(self._file.read(min(frame, BLOCK), dtype="float32"))

    def close(self) -> None:
        self._file.close()


def _ends_early(path: Path) -> bool:
    """Is it Ogg, and its last page is not marked as the last one?"""
    with open(path, "rb") as file:
        if file.read(4) != b"OggS":
            return False
        file.seek(max(0, file.seek(0, os.SEEK_END) - LONGEST_PAGE))
        tail = file.read()
    page = tail.rfind(b"OggS")
    if page < 0:  # behind more of something else than a page may be long
        return False
    last = tail[page:]
    return len(last) < 6 or not last[5] & LAST_PAGE


def _soundfile() -> Any:
    try:
        import soundfile
    except ImportError:
        raise RuntimeMissing(
            "only WAV can be read without the package soundfile: pip install soundfile"
        ) from None
    except OSError:  # of the system's libsndfile, where the package brings none
        raise RuntimeMissing(
            "only WAV can be read without libsndfile: sudo apt install libsndfile1"
        ) from None
    return soundfile
