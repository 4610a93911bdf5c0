"""WAV as it is found: any depth and number of channels, and headers that are not quite true."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from edge.errors import RecordingError
from edge.formats.sound.file import BLOCK, SoundFile

PCM, FLOAT, EXTENSIBLE = 1, 3, 0xFFFE
UNKNOWN = 0x7FFFF000  # bytes: so much, or more, is written by who cannot go back to say how much
MOST_CHANNELS = 256


@dataclass(frozen=True)
class Format:
    code: int
    channels: int
    rate: int
    width: int
    """Bytes of one sample of one channel."""


class OtherCoding(RecordingError):
    """Not the plain numbers that are read here: the telephone's, for one."""


class WavFile(SoundFile):
    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._file = open(path, "rb")  # noqa: SIM115
        try:
            self._format, self._left, promised = _header(self._file)
        except BaseException:
            self._file.close()
            raise
        self.rate, self.channels = self._format.rate, self._format.channels
        frame = self.channels * self._format.width
        self._there, self._promised = self._left // frame, promised // frame
        if self._there < self._promised:
            self._tell_missing(self._there, self._promised)

    def _decoded(self) -> Iterator[NDArray[np.float32]]:
        frame = self.channels * self._format.width
        while size := min(self._left, BLOCK * frame):
            data = self._file.read(size)
            data = data[: len(data) // frame * frame]
            self._left -= len(data)
            if len(data) < size:  # made shorter while it was read
                there, self._left = self._there - self._left // frame, 0
                if not there:
                    raise RecordingError("was emptied while it was read: copy it again")
                self._tell_missing(there, self._promised)
            yield _decode(data, self._format).reshape(-1, self.channels)

    def close(self) -> None:
        self._file.close()


def _header(file: BinaryIO) -> tuple[Format, int, int]:
    """What the sound is like, how many bytes of it follow, and how many should.

    The file stands at the first of them.
    """
    end = os.fstat(file.fileno()).st_size
    long_size = None
    form = None
    file.seek(12)
    while len(head := file.read(8)) == 8:
        name, size = struct.unpack("<4sI", head)
        here = file.tell()
        if name == b"data":
            if form is None:
                raise RecordingError("is broken: its sound comes before its format")
            if long_size is not None and size == 0xFFFFFFFF:
                size = long_size
            there, promised = _length(file, size, end)
            return form, _whole_frames(there, form), promised
        body = file.read(min(size, 64))
        if name == b"fmt ":
            form = format_of(body)
        elif name == b"ds64" and len(body) >= 16:
            (long_size,) = struct.unpack_from("<Q", body, 8)
        file.seek(here + size)
        # A chunk of odd size is followed by a zero, which some forget.
        if size % 2 and file.read(1) not in (b"\0", b""):
            file.seek(-1, os.SEEK_CUR)
    raise RecordingError("holds no sound, a header alone: record it again")


def format_of(body: bytes) -> Format:
    """What the chunk "fmt " says."""
    if len(body) < 16:
        raise RecordingError("is broken: its format is cut short")
    code, channels, rate, _, frame, bits = struct.unpack_from("<HHIIHH", body)
    if code == EXTENSIBLE and len(body) >= 26:
        (code,) = struct.unpack_from("<H", body, 24)
    if code not in (PCM, FLOAT):
        raise OtherCoding(
            f"is coded in a way that is not read here (WAV format {code}): save it as 16-bit PCM"
        )
    if not 0 < channels <= MOST_CHANNELS:
        raise RecordingError(f"is broken: it cannot have {channels} channels")
    width = frame // channels if frame and frame % channels == 0 else (bits + 7) // 8
    if width not in {PCM: (1, 2, 3, 4), FLOAT: (4, 8)}[code]:
        raise RecordingError(f"is broken: it cannot have {8 * width} bits a sample")
    return Format(code, channels, rate, width)


def _length(file: BinaryIO, size: int, end: int) -> tuple[int, int]:
    """Bytes of sound that are really there, and how many should be, as far as is known."""
    here = file.tell()
    there = end - here
    if size > there:
        return there, size if size < UNKNOWN else there
    if size == 0 and there:  # never finished, unless what follows are further chunks
        _, follows = struct.unpack("<4sI", file.read(8).ljust(8, b"\0"))
        file.seek(here)
        size = there if follows + 8 > there else 0
    return size, size


def _whole_frames(size: int, form: Format) -> int:
    frame = form.width * form.channels
    if size < frame:
        raise RecordingError("holds no sound, a header alone: record it again")
    return size // frame * frame


def _decode(data: bytes, form: Format) -> NDArray[np.float32]:
    if form.code == FLOAT:
        with np.errstate(over="ignore"):  # of float64: what is then infinite is dealt with
            return np.frombuffer(data, f"<f{form.width}").astype(np.float32)
    levels: NDArray[Any]
    if form.width == 1:  # the only one without a sign
        levels = np.frombuffer(data, np.uint8).astype(np.float32) - 128
        levels[levels == 127] = 128  # so few steps below full scale, what is clipped would not show
    elif form.width == 3:
        padded = np.zeros((len(data) // 3, 4), np.uint8)
        padded[:, 1:] = np.frombuffer(data, np.uint8).reshape(-1, 3)
        levels = padded.view("<i4")[:, 0] / np.float32(256)
    else:
        levels = np.frombuffer(data, f"<i{form.width}")
    return (levels * np.float32(2.0 ** (1 - 8 * form.width))).astype(np.float32)
