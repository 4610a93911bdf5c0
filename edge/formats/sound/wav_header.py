"""The header of WAV. It reads what programs really write: sizes that are wrong or not stated."""

from __future__ import annotations

import os
import struct
from dataclasses import dataclass
from typing import BinaryIO

from edge.errors import RecordingError

PCM, FLOAT, EXTENSIBLE = 1, 3, 0xFFFE
# Bytes. Programs that write to a pipe do not know the size of the sound, and state this or more.
UNKNOWN_SIZE = 0x7FFFF000
MAX_CHANNELS = 256
MAX_CHUNKS = 1000  # before the sound; programs write a dozen


@dataclass(frozen=True)
class WavFormat:
    code: int
    """PCM or FLOAT."""
    channels: int
    rate: int
    """Frames a second."""
    width: int
    """Bytes of one sample of one channel."""

    @property
    def frame(self) -> int:
        """Bytes of one sample of all channels."""
        return self.channels * self.width


@dataclass(frozen=True)
class WavHeader:
    format: WavFormat
    size: int
    """Bytes of sound in the file: whole frames."""
    promised: int
    """Bytes of sound that there should be, as the header states it."""


class UnsupportedCoding(RecordingError):
    """Samples that are not plain integers or floats, such as the mu-law of telephones."""


def read_header(file: BinaryIO) -> WavHeader:
    """Read the header; the file's position is then at the first byte of sound."""
    end = os.fstat(file.fileno()).st_size
    long_size = None
    form = None
    file.seek(12)
    for _ in range(MAX_CHUNKS):
        if len(head := file.read(8)) < 8:
            break
        name, size = struct.unpack("<4sI", head)
        here = file.tell()
        if name == b"data":
            if form is None:
                raise RecordingError("is broken: its sound comes before its format")
            if long_size is not None and size == 0xFFFFFFFF:
                size = long_size
            there, promised = _sound_size(file, size, end)
            return WavHeader(form, _whole_frames(there, form), promised)
        body = file.read(min(size, 64))
        if name == b"fmt ":
            form = parse_format(body)
        elif name == b"ds64" and len(body) >= 16:
            (long_size,) = struct.unpack_from("<Q", body, 8)
        file.seek(here + size)
        # A zero follows a chunk of odd size; some programs omit it.
        if size % 2 and file.read(1) not in (b"\0", b""):
            file.seek(-1, os.SEEK_CUR)
    else:
        raise RecordingError(f"is broken: {MAX_CHUNKS} chunks come before its sound")
    raise RecordingError("contains no sound, only a header: record it again")


def parse_format(body: bytes) -> WavFormat:
    """Return the format that the body of a "fmt " chunk describes."""
    if len(body) < 16:
        raise RecordingError("is broken: its format is cut short")
    code, channels, rate, _, frame, bits = struct.unpack_from("<HHIIHH", body)
    if code == EXTENSIBLE and len(body) >= 26:
        (code,) = struct.unpack_from("<H", body, 24)
    if code not in (PCM, FLOAT):
        raise UnsupportedCoding(
            f"has an unsupported coding (WAV format {code}): save it as 16-bit PCM"
        )
    if not 0 < channels <= MAX_CHANNELS:
        raise RecordingError(f"is broken: its header states {channels} channels")
    width = frame // channels if frame and frame % channels == 0 else (bits + 7) // 8
    if width not in {PCM: (1, 2, 3, 4), FLOAT: (4, 8)}[code]:
        raise RecordingError(f"is broken: its header states {8 * width} bits a sample")
    return WavFormat(code, channels, rate, width)


def _sound_size(file: BinaryIO, size: int, end: int) -> tuple[int, int]:
    """Return the bytes of sound in the file, and the bytes that there should be if known."""
    here = file.tell()
    there = end - here
    if size > there:
        return there, size if size < UNKNOWN_SIZE else there
    if size == 0 and there:
        # Either the program did not finish the file, and all that follows is sound, or the sound
        # is empty and another chunk follows.
        _, next_size = struct.unpack("<4sI", file.read(8).ljust(8, b"\0"))
        file.seek(here)
        size = there if next_size + 8 > there else 0
    return size, size


def _whole_frames(size: int, form: WavFormat) -> int:
    if size < form.frame:
        raise RecordingError("contains no sound, only a header: record it again")
    return size // form.frame * form.frame
