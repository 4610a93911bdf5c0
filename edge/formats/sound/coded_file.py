"""FLAC, Ogg and all other kinds of sound file that libsndfile decodes."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.errors import RecordingError, RuntimeMissing
from edge.formats.sound.sound_file import SoundFile

log = logging.getLogger(__name__)

SMALL_BLOCK = 256  # frames: at most so many before the damage in a file are lost
MAX_OGG_PAGE, LAST_PAGE = 65307, 4  # bytes of a page; the flag of the last page
UNKNOWN_LENGTH = 1 << 62  # frames: libsndfile states this or more if the header has no length


class CodedFile(SoundFile):
    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._library = soundfile_library()
        self._file = self._open()
        self.rate, self.channels = self._file.samplerate, self._file.channels

    def _open(self) -> Any:
        try:
            file = self._library.SoundFile(self._path)
        except self._library.LibsndfileError as error:
            raise RecordingError(f"cannot be decoded: {error.error_string}") from None
        # soundfile seeks after every block; in a damaged file that leads back to earlier sound.
        file.seekable = lambda: False
        return file

    def _decoded(self) -> Iterator[NDArray[np.float32]]:
        done, size, fault = 0, self.block_frames, ""
        while True:
            try:
                block = self._file.read(size, dtype="float32", always_2d=True)
            except self._library.LibsndfileError as error:
                if size > SMALL_BLOCK:  # read again what is before the damage, in small blocks
                    size = SMALL_BLOCK
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
            raise RecordingError("contains no sound, only a header: record it again")
        self._report_end(done, fault)

    def _report_end(self, done: int, fault: str) -> None:
        """Log whether sound is missing after `done` frames, and why."""
        promised = self._file.frames
        if done < promised < UNKNOWN_LENGTH:
            self._report_missing(done, promised, "is damaged or cut short")
        elif _ogg_is_cut_short(self._path):
            self.missing = 1  # at least
            log.warning("%s is cut short: %d samples are there", self._path, done)
        elif fault:
            log.warning(
                "%s does not state its length; after %d samples it cannot be decoded: %s",
                *(self._path, done, fault),
            )

    def _go_back_to(self, frame: int) -> None:
        """Open the file again and read up to the frame: seeking fails in some damaged files."""
        self._file.close()
        self._file = self._open()
        while frame:
            frame -= len(self._file.read(min(frame, self.block_frames), dtype="float32"))

    def close(self) -> None:
        self._file.close()


def _ogg_is_cut_short(path: Path) -> bool:
    """Return whether the file is Ogg and its last page is not marked as the last one."""
    with open(path, "rb") as file:
        if file.read(4) != b"OggS":
            return False
        file.seek(max(0, file.seek(0, os.SEEK_END) - MAX_OGG_PAGE))
        tail = file.read()
    start = tail.rfind(b"OggS")
    if start < 0:  # other data follows the last page, more than a page can have
        return False
    page = tail[start:]
    return len(page) < 6 or not page[5] & LAST_PAGE


def soundfile_library() -> Any:
    """The package soundfile. RuntimeMissing says how to install it."""
    try:
        import soundfile
    except ImportError:
        raise RuntimeMissing(
            "only WAV can be read without the package soundfile: pip install soundfile"
        ) from None
    except OSError:  # the package comes without libsndfile, and the system has none
        raise RuntimeMissing(
            "only WAV can be read without libsndfile: sudo apt install libsndfile1"
        ) from None
    return soundfile
