"""Raw sound from another program, through a pipe: `arecord ... | kws-listen --pcm`."""

from __future__ import annotations

import argparse
import logging
import os
import select
import struct
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from edge.errors import RecordingError, SourceError
from edge.samples import AUDIO, Chunk, Health
from edge.sound.file import FASTEST, SLOWEST
from edge.sound.wav import FLOAT, MOST_CHANNELS, PCM, Format, format_of
from edge.source import Source
from edge.source.sound_stream import SoundStream, nothing

log = logging.getLogger(__name__)

FULL_SCALE = np.float32(1 / 32768)
PATIENCE = 0.2  # s without a sample, after which the reader hears something
CHUNK = 0.2  # s at most: what has come together is computed together, which costs less
LONGEST_HEADER = 1 << 20  # bytes
LONGEST_FORMAT = 256
CODED = {b"fLaC": "FLAC", b"OggS": "Ogg", b"ID3": "MP3", b"FORM": "AIFF"}  # as files of it begin


class PcmSource(Source):
    """16 bits a sample, little endian. A WAV header is no sound, and its rate is the true one."""

    def __init__(
        self,
        needs: Mapping[str, Any],
        rate: int | None = None,
        channels: int = 1,
        descriptor: int | None = None,
    ) -> None:
        """`rate` of what comes in, by default the model's; from stdin, or a file `descriptor`."""
        self.channels, self.rate = AUDIO, float(needs["rate_hz"])
        self._format = rate or int(self.rate), channels
        self._descriptor = descriptor
        self.health = Health()

    @classmethod
    def add_options(cls, parser: argparse._ArgumentGroup) -> None:
        parser.add_argument(
            "--pcm",
            action="store_true",
            help="sound from stdin: 16 bits a sample, little endian, without a header",
        )
        parser.add_argument(
            "--pcm-rate",
            type=rate,
            metavar="HZ",
            help="with --pcm: its samples a second (default: what the model wants, 16000)",
        )
        parser.add_argument(
            "--pcm-channels",
            type=_channels,
            default=1,
            metavar="N",
            help="with --pcm: how many channels take turns in it (default: %(default)s)",
        )

    @classmethod
    def from_options(cls, args: argparse.Namespace, needs: Mapping[str, Any]) -> Source | None:
        return cls(needs, args.pcm_rate, args.pcm_channels) if args.pcm else None

    def __enter__(self) -> Source:
        self._input = sys.stdin.fileno() if self._descriptor is None else self._descriptor
        if os.isatty(self._input):
            raise SourceError(
                "--pcm takes sound from a pipe: arecord -f S16_LE -r 16000 -c 1 | ... --pcm"
            )
        return self

    def __exit__(self, *exc: object) -> None:
        """Whoever opened it closes it."""

    def __iter__(self) -> Iterator[Chunk]:
        stream: SoundStream | None = None
        left = b""
        while (data := self._read()) != b"":
            if data is None:
                yield nothing()
                continue
            left += data
            if stream is None:
                begin = _sound_in(left)
                if begin is None:
                    continue
                self._believe(begin.form)
                left = left[begin.at :]
                stream = SoundStream(self._format[0], int(self.rate), self.health)
            whole = len(left) - len(left) % self._frame
            samples = np.frombuffer(left[:whole], "<i2").reshape(-1, self._format[1])
            left = left[whole:]
            chunk = stream.feed(samples * FULL_SCALE)
            self.health.count(chunk)
            yield chunk
        if stream is None:
            raise SourceError("no sound came through the pipe: does the program before it run?")
        self.health.garbage += len(left)
        chunk = stream.finish()
        self.health.count(chunk)
        yield chunk

    @property
    def _frame(self) -> int:
        return 2 * self._format[1]

    def _read(self) -> bytes | None:
        """What is there; None if nothing came in time, empty at the end."""
        if not select.select([self._input], [], [], PATIENCE)[0]:
            return None
        return os.read(self._input, max(1, int(CHUNK * self._format[0])) * self._frame)

    def _believe(self, form: Format | None) -> None:
        """A header knows better than the options."""
        if form is None:
            return
        if (form.code, form.width) != (PCM, 2):
            kind = "floating point" if form.code == FLOAT else f"{8 * form.width} bits"
            raise SourceError(f"--pcm takes 16 bits a sample, this is WAV of {kind}: -f S16_LE")
        if not SLOWEST <= form.rate <= FASTEST:
            raise SourceError(
                f"what comes in says that it has {form.rate} Hz: {SLOWEST} to {FASTEST} are heard"
            )
        if (form.rate, form.channels) != self._format:
            log.info("what comes in says that it has %d Hz, %d channels", form.rate, form.channels)
        self._format = form.rate, form.channels


@dataclass(frozen=True)
class _Begin:
    at: int
    """Bytes before the sound."""
    form: Format | None
    """As the header has it, if there is one: arecord and others write it unless told not to."""


def _sound_in(data: bytes) -> _Begin | None:
    """Where sound begins; None if more must come to tell. SourceError for what is no sound."""
    for magic, name in CODED.items():
        if data.startswith(magic):
            raise SourceError(f"--pcm takes plain samples, this is {name}: use --replay for files")
    if len(data) < 12 and any(magic.startswith(data[:4]) for magic in (b"RIFF", b"RF64")):
        return None
    if data[:4] not in (b"RIFF", b"RF64") or data[8:12] != b"WAVE":
        return _Begin(0, None)
    at, form = 12, None
    while len(data) >= at + 8:
        name, size = struct.unpack_from("<4sI", data, at)
        at += 8
        if name == b"data":
            if form is None:
                raise SourceError("what comes in is WAV whose sound comes before its format")
            return _Begin(at, form)
        if name == b"fmt ":
            if len(data) < at + min(size, LONGEST_FORMAT):
                return None
            try:
                form = format_of(data[at : at + size])
            except RecordingError as fault:
                raise SourceError(f"what comes in {fault}") from None
        at += size
        if size % 2 and data[at : at + 1] == b"\0":  # which some forget
            at += 1
    if at > LONGEST_HEADER:
        raise SourceError("what comes in begins as WAV, but no sound follows: give raw samples")
    return None


def rate(text: str) -> int:
    """Samples a second, as an option gives them."""
    if not SLOWEST <= int(text) <= FASTEST:
        raise argparse.ArgumentTypeError(f"{text} is no rate: {SLOWEST} to {FASTEST} Hz")
    return int(text)


def _channels(text: str) -> int:
    if not 1 <= int(text) <= MOST_CHANNELS:
        raise argparse.ArgumentTypeError(f"{text} is no number of channels: 1 to {MOST_CHANNELS}")
    return int(text)
