"""Raw sound from another program, through a pipe: `arecord ... | kws-listen --pcm`."""

from __future__ import annotations

import argparse
import logging
import os
import select
import sys
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from edge.errors import SourceError
from edge.formats.sound.opener import MAX_RATE, MIN_RATE
from edge.formats.sound.wav_header import FLOAT, MAX_CHANNELS, PCM, WavFormat
from edge.samples import AUDIO, Chunk, Health
from edge.source import Source
from edge.source.files.pcm_header import Unwrapped
from edge.source.sound_stream import SoundStream, nothing

log = logging.getLogger(__name__)

FULL_SCALE = np.float32(1 / 32768)
PATIENCE = 0.2  # s without a sample, after which the reader hears something
CHUNK = 0.2  # s at most: what has come together is computed together, which costs less


class PcmSource(Source):
    """16 bits a sample, little endian. A WAV header is no sound, and its rate is the true one."""

    def __init__(
        self,
        requirements: Mapping[str, Any],
        rate: int | None = None,
        channels: int = 1,
        descriptor: int | None = None,
    ) -> None:
        """`rate` of what comes in, by default the model's; from stdin, or a file `descriptor`."""
        self.channels, self.rate = AUDIO, float(requirements["rate_hz"])
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
    def from_options(
        cls, args: argparse.Namespace, requirements: Mapping[str, Any]
    ) -> Source | None:
        return cls(requirements, args.pcm_rate, args.pcm_channels) if args.pcm else None

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
        unwrapped, header = Unwrapped(), None
        left = b""
        while (data := self._read()) != b"":
            if data is None:
                yield nothing()
                continue
            for form, sound in unwrapped.feed(data):
                if stream is None or form is not header:  # another file
                    self._believe(form)
                    self.health.garbage += len(left)
                    left, header = b"", form
                    if stream is not None:
                        yield self._counted(stream.finish())
                    start = stream.end if stream else 0.0
                    stream = SoundStream(self._format[0], int(self.rate), self.health, start)
                left += sound
                whole = len(left) - len(left) % self._frame
                samples = np.frombuffer(left[:whole], "<i2").reshape(-1, self._format[1])
                left = left[whole:]
                yield self._counted(stream.feed(samples * FULL_SCALE))
        if stream is None:
            raise SourceError("no sound came through the pipe: does the program before it run?")
        self.health.garbage += len(left)
        yield self._counted(stream.finish())

    def _counted(self, chunk: Chunk) -> Chunk:
        self.health.count(chunk)
        return chunk

    @property
    def _frame(self) -> int:
        return 2 * self._format[1]

    def _read(self) -> bytes | None:
        """What is there; None if nothing came in time, empty at the end."""
        if not select.select([self._input], [], [], PATIENCE)[0]:
            return None
        return os.read(self._input, max(1, int(CHUNK * self._format[0])) * self._frame)

    def _believe(self, form: WavFormat | None) -> None:
        """A header knows better than the options."""
        if form is None:
            return
        if (form.code, form.width) != (PCM, 2):
            kind = "floating point" if form.code == FLOAT else f"{8 * form.width} bits"
            raise SourceError(f"--pcm takes 16 bits a sample, this is WAV of {kind}: -f S16_LE")
        if not MIN_RATE <= form.rate <= MAX_RATE:
            raise SourceError(
                f"what comes in says that it has {form.rate} Hz: {MIN_RATE} to {MAX_RATE} are heard"
            )
        if (form.rate, form.channels) != self._format:
            log.info("what comes in says that it has %d Hz, %d channels", form.rate, form.channels)
        self._format = form.rate, form.channels


def rate(text: str) -> int:
    """Samples a second, as an option gives them."""
    if not MIN_RATE <= int(text) <= MAX_RATE:
        raise argparse.ArgumentTypeError(f"{text} is no rate: {MIN_RATE} to {MAX_RATE} Hz")
    return int(text)


def _channels(text: str) -> int:
    if not 1 <= int(text) <= MAX_CHANNELS:
        raise argparse.ArgumentTypeError(f"{text} is no number of channels: 1 to {MAX_CHANNELS}")
    return int(text)
