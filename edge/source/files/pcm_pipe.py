"""Raw PCM sound from another program, through a pipe: `arecord ... | kws-listen --pcm`."""

from __future__ import annotations

import argparse
import logging
import os
import sys
import time
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from edge.errors import SourceError
from edge.formats.sound.opener import MAX_RATE, MIN_RATE
from edge.formats.sound.wav_header import FLOAT, MAX_CHANNELS, PCM, WavFormat
from edge.samples import AUDIO, Chunk, Health
from edge.source import Source
from edge.source.files.pipe_reader import pipe_reader
from edge.source.files.wav_pipe import WavPipeParser
from edge.source.pacing import DECISION_STEP
from edge.source.sound_stream import SoundStream

log = logging.getLogger(__name__)

FULL_SCALE = np.float32(1 / 32768)
WANTED = 0.2  # s at most that are waited for ...
LONGEST_CHUNK = 0.4  # ... and in one chunk: what has accumulated is cheaper to process at once
SAMPLE_BYTES = 2
MAX_WANTED = 1 << 15  # bytes: half of a pipe, so that the other program can go on writing
MAX_READ = 1 << 20  # bytes: a header may state many channels and a high rate


class PcmSource(Source):
    """16-bit little-endian samples. A WAV header is skipped; its rate overrides the options."""

    def __init__(
        self,
        requirements: Mapping[str, Any],
        rate: int | None = None,
        channels: int = 1,
        descriptor: int | None = None,
    ) -> None:
        """`rate`: of the input (default: the model's). `descriptor`: the pipe (default: stdin)."""
        self.channels, self.rate = AUDIO, float(requirements["rate_hz"])
        self._input_rate, self._input_channels = rate or int(self.rate), channels
        self._descriptor = descriptor
        self.health = Health()

    @classmethod
    def add_options(cls, parser: argparse._ArgumentGroup) -> None:
        parser.add_argument(
            "--pcm",
            action="store_true",
            help="read sound from stdin: 16 bits a sample, little endian, no header needed",
        )
        parser.add_argument(
            "--pcm-rate",
            type=rate,
            metavar="HZ",
            help="sample rate of --pcm (default: the model's, 16000)",
        )
        parser.add_argument(
            "--pcm-channels",
            type=_channels,
            default=1,
            metavar="N",
            help="number of interleaved channels of --pcm (default: %(default)s)",
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
                "--pcm reads sound from a pipe: arecord -f S16_LE -r 16000 -c 1 | ... --pcm"
            )
        return self

    def __exit__(self, *exc: object) -> None:
        """Nothing to close: the pipe belongs to the caller."""

    def __iter__(self) -> Iterator[Chunk]:
        stream: SoundStream | None = None
        reader, parser, header = pipe_reader(self._input), WavPipeParser(), None
        incomplete = b""  # the first bytes of a frame
        while (data := reader.read(*self._sizes(stream))) != b"":
            if data is None:
                yield Chunk.empty(len(AUDIO))
                continue
            for wav_format, sound in parser.feed(data):
                if stream is None or wav_format is not header:  # the first or another file
                    self._use_header(wav_format)
                    self.health.garbage += len(incomplete)
                    incomplete, header = b"", wav_format
                    if stream is not None:
                        yield self._counted(stream.finish())
                    start = stream.end if stream else 0.0
                    stream = SoundStream(self._input_rate, int(self.rate), self.health, start)
                incomplete += sound
                complete = len(incomplete) - len(incomplete) % self._frame_bytes
                samples = np.frombuffer(incomplete[:complete], "<i2")
                incomplete = incomplete[complete:]
                frames = samples.reshape(-1, self._input_channels)
                yield self._counted(stream.feed(frames * FULL_SCALE, time.monotonic()))
        if stream is None:
            raise SourceError("no sound came through the pipe: check the program that writes to it")
        self.health.garbage += len(incomplete)
        yield self._counted(stream.finish())

    def _counted(self, chunk: Chunk) -> Chunk:
        self.health.count(chunk)
        return chunk

    @property
    def _frame_bytes(self) -> int:
        return SAMPLE_BYTES * self._input_channels

    def _sizes(self, stream: SoundStream | None) -> tuple[int, int, float]:
        """The least and the most bytes to read now, and their number in a second."""
        rate, size = self._input_rate, self._frame_bytes
        frames = 1
        if stream is not None:
            frames = stream.frames_until(min(self.wanted_t, stream.end + WANTED))
            frames = frames or int(DECISION_STEP * rate)
        most = min(int(LONGEST_CHUNK * rate) * size, MAX_READ)
        return min(frames * size, most, MAX_WANTED), most, float(rate * size)

    def _use_header(self, wav_format: WavFormat | None) -> None:
        """Take rate and channels from a WAV header: it is more reliable than the options."""
        if wav_format is None:
            return
        if (wav_format.code, wav_format.width) != (PCM, SAMPLE_BYTES):
            kind = "floating point" if wav_format.code == FLOAT else f"{8 * wav_format.width} bits"
            raise SourceError(
                f"--pcm reads 16 bits a sample, the input is WAV of {kind}: use arecord -f S16_LE"
            )
        if not MIN_RATE <= wav_format.rate <= MAX_RATE:
            raise SourceError(
                f"the header of the input says {wav_format.rate} Hz, outside {MIN_RATE} to "
                f"{MAX_RATE} Hz: give raw samples and --pcm-rate"
            )
        if (wav_format.rate, wav_format.channels) != (self._input_rate, self._input_channels):
            log.info(
                "the header of the input says %d Hz, %d channels",
                wav_format.rate,
                wav_format.channels,
            )
        self._input_rate, self._input_channels = wav_format.rate, wav_format.channels


def rate(text: str) -> int:
    """Parse a sample rate in Hz, for argparse."""
    if not MIN_RATE <= int(text) <= MAX_RATE:
        raise argparse.ArgumentTypeError(
            f"{text} is not a sample rate: give {MIN_RATE} to {MAX_RATE} Hz"
        )
    return int(text)


def _channels(text: str) -> int:
    if not 1 <= int(text) <= MAX_CHANNELS:
        raise argparse.ArgumentTypeError(
            f"{text} is not a number of channels: give 1 to {MAX_CHANNELS}"
        )
    return int(text)
