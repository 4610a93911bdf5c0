"""Finds the sound in a byte stream that may contain WAV headers and other RIFF chunks."""

from __future__ import annotations

import logging
import struct
from collections.abc import Iterator

from edge.errors import RecordingError, SourceError
from edge.formats.sound.wav_header import MAX_CHUNKS, UNKNOWN_SIZE, WavFormat, parse_format

log = logging.getLogger(__name__)

LONGEST_HEADER = 1 << 20  # bytes
LONGEST_FORMAT = 256
COMPRESSED = {b"fLaC": "FLAC", b"OggS": "Ogg", b"ID3": "MP3", b"FORM": "AIFF"}  # first bytes
RIFF = (b"RIFF", b"RF64")
OTHER_CHUNKS = (  # known RIFF chunks that may follow the sound
    *(b"LIST", b"id3 ", b"ID3 ", b"bext", b"iXML", b"cue ", b"smpl", b"inst", b"fact", b"PEAK"),
    *(b"JUNK", b"junk", b"PAD ", b"note", b"labl", b"ltxt", b"plst", b"acid", b"_PMX"),
)
ENDLESS = 1 << 62  # bytes


class WavPipeParser:
    """Input that begins without a header is raw sound until the end of the stream."""

    def __init__(self) -> None:
        self._buffer = b""
        self._sound_left = 0  # bytes of sound that still belong to the current data chunk
        self._skip_left = 0  # bytes of other chunks that are still to be skipped
        self._format: WavFormat | None = None
        self._started = False

    def feed(self, data: bytes) -> Iterator[tuple[WavFormat | None, bytes]]:
        """Yield pieces of sound, each with the format from its header (None without a header).

        SourceError if the input is not PCM sound.
        """
        self._buffer += data
        while self._buffer:
            if self._sound_left:
                sound = self._take(self._sound_left)
                self._sound_left -= len(sound)
                yield self._format, sound
            elif self._skip_left:
                self._skip_left -= len(self._take(self._skip_left))
            elif not (self._read_next_chunk() if self._started else self._read_start()):
                return

    def _take(self, count: int) -> bytes:
        piece, self._buffer = self._buffer[:count], self._buffer[count:]
        return piece

    def _read_start(self) -> bool:
        """Find the first sound; return False if more bytes are needed."""
        data = self._buffer
        for magic, name in COMPRESSED.items():
            if data.startswith(magic):
                raise SourceError(
                    f"--pcm reads raw samples, the input is {name}: use --replay for files"
                )
        if len(data) < 12 and any(magic.startswith(data[:4]) for magic in RIFF):
            return False
        if data[:4] in RIFF and data[8:12] == b"WAVE":
            return self._read_header()
        self._started, self._sound_left = True, ENDLESS
        return True

    def _read_header(self) -> bool:
        """Read a WAV header up to the sound; return False if more bytes are needed."""
        data, at, wav_format, chunks = self._buffer, 12, None, 0
        while len(data) >= at + 8:
            chunks += 1
            name, size = struct.unpack_from("<4sI", data, at)
            at += 8
            if name == b"data":
                if wav_format is None:
                    raise SourceError(
                        "the input is WAV with its sound before its format: give raw samples"
                    )
                known = 0 < size < UNKNOWN_SIZE  # a program that streams cannot know the size
                self._started, self._format, self._buffer = True, wav_format, data[at:]
                self._sound_left, self._skip_left = (size, size % 2) if known else (ENDLESS, 0)
                return True
            if name == b"fmt ":
                if len(data) < at + min(size, LONGEST_FORMAT):
                    return False
                try:
                    wav_format = parse_format(data[at : at + size])
                except RecordingError as error:
                    raise SourceError(f"the input {error}") from None
            at += size
            if size % 2 and data[at : at + 1] == b"\0":  # the padding byte, which some omit
                at += 1
        if at > LONGEST_HEADER or chunks > MAX_CHUNKS:
            raise SourceError("the input begins as WAV, but no sound follows: give raw samples")
        return False

    def _read_next_chunk(self) -> bool:
        """After sound of known length: skip another RIFF chunk, or begin with another file.

        Return False if more bytes are needed.
        """
        if len(self._buffer) < 12:
            return False
        if self._buffer[:4] in RIFF and self._buffer[8:12] == b"WAVE":
            return self._read_header()
        name, size = struct.unpack_from("<4sI", self._buffer)
        if name in OTHER_CHUNKS:
            self._skip_left = 8 + size + size % 2
        else:  # the program wrote the header before it knew the length, and went on writing
            log.info("the input contains more sound than its WAV header says")
            self._sound_left = ENDLESS
        return True
