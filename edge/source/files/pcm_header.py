"""Sound out of the WAV headers that programs put before it, and the chunks that follow, as they
come through a pipe."""

from __future__ import annotations

import logging
import struct
from collections.abc import Iterator

from edge.errors import RecordingError, SourceError
from edge.formats.sound.wav_header import UNKNOWN_SIZE, WavFormat, parse_format

log = logging.getLogger(__name__)

LONGEST_HEADER = 1 << 20  # bytes
LONGEST_FORMAT = 256
CODED = {b"fLaC": "FLAC", b"OggS": "Ogg", b"ID3": "MP3", b"FORM": "AIFF"}  # as files of it begin
RIFF = (b"RIFF", b"RF64")
OTHER_CHUNKS = (
    *(b"LIST", b"id3 ", b"ID3 ", b"bext", b"iXML", b"cue ", b"smpl", b"inst", b"fact", b"PEAK"),
    *(b"JUNK", b"junk", b"PAD ", b"note", b"labl", b"ltxt", b"plst", b"acid", b"_PMX"),
)
ENDLESS = 1 << 62  # bytes


class Unwrapped:
    """Whatever begins with no header is sound without end."""

    def __init__(self) -> None:
        self._left = b""
        self._due = self._skipped = 0  # bytes of sound that are to come, and of what is none
        self._form: WavFormat | None = None
        self._begun = False

    def feed(self, data: bytes) -> Iterator[tuple[WavFormat | None, bytes]]:
        """Pieces of sound, and what their header says of them. SourceError for what is none."""
        self._left += data
        while self._left:
            if self._due:
                sound = self._take(self._due)
                self._due -= len(sound)
                yield self._form, sound
            elif self._skipped:
                self._skipped -= len(self._take(self._skipped))
            elif not (self._next_chunk() if self._begun else self._begin()):
                return

    def _take(self, most: int) -> bytes:
        piece, self._left = self._left[:most], self._left[most:]
        return piece

    def _begin(self) -> bool:
        """Is it known where sound begins?"""
        data = self._left
        for magic, name in CODED.items():
            if data.startswith(magic):
                raise SourceError(
                    f"--pcm takes plain samples, this is {name}: use --replay for files"
                )
        if len(data) < 12 and any(magic.startswith(data[:4]) for magic in RIFF):
            return False
        if data[:4] in RIFF and data[8:12] == b"WAVE":
            return self._header()
        self._begun, self._due = True, ENDLESS
        return True

    def _header(self) -> bool:
        data, at, form = self._left, 12, None
        while len(data) >= at + 8:
            name, size = struct.unpack_from("<4sI", data, at)
            at += 8
            if name == b"data":
                if form is None:
                    raise SourceError("what comes in is WAV whose sound comes before its format")
                known = 0 < size < UNKNOWN_SIZE  # else whoever wrote it did not know
                self._begun, self._form, self._left = True, form, data[at:]
                self._due, self._skipped = (size, size % 2) if known else (ENDLESS, 0)
                return True
            if name == b"fmt ":
                if len(data) < at + min(size, LONGEST_FORMAT):
                    return False
                try:
                    form = parse_format(data[at : at + size])
                except RecordingError as fault:
                    raise SourceError(f"what comes in {fault}") from None
            at += size
            if size % 2 and data[at : at + 1] == b"\0":  # which some forget
                at += 1
        if at > LONGEST_HEADER:
            raise SourceError("what comes in begins as WAV, but no sound follows: give raw samples")
        return False

    def _next_chunk(self) -> bool:
        """After a sound whose length was known: what is no sound, or another file."""
        if len(self._left) < 12:
            return False
        if self._left[:4] in RIFF and self._left[8:12] == b"WAVE":
            return self._header()
        name, size = struct.unpack_from("<4sI", self._left)
        if name in OTHER_CHUNKS:
            self._skipped = 8 + size + size % 2
        else:  # who writes a header and goes on writing could not know the length
            log.info("more sound comes than its WAV header said")
            self._due = ENDLESS
        return True
