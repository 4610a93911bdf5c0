"""A microphone, at whatever rate it has; it may be pulled out and plugged in again."""

from __future__ import annotations

import argparse
import logging
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from math import ceil
from typing import Any, NoReturn

from edge.errors import EdgeError, SourceError
from edge.samples import AUDIO, Chunk, Health
from edge.source import Source
from edge.source.microphone import portaudio
from edge.source.microphone.input_stream import Block, Listener
from edge.source.microphone.monitor import MUTED, Watch
from edge.source.sound_stream import SoundStream, nothing

log = logging.getLogger(__name__)

PATIENCE = 0.2  # s without a sample, after which the reader hears something
GONE = 2.0  # s without a sample, after which the microphone is taken for gone
STARTING = 5.0  # s that it may take to its first sample: some must be woken
FIRST, LONGEST = 0.5, 5.0  # s from one attempt to open it again to the next
SLACK = 1e-6  # samples: sums of fractions are not exact
LONGEST_DEAF = 300.0  # s of zeros from a muted one, until it is opened again


class MicrophoneSource(Source):
    _rate: int  # of the microphone
    _patient: float  # until when it may be silent
    _watch: Watch

    def __init__(self, requirements: Mapping[str, Any], device: str = "") -> None:
        """`device` is a number, a part of a name, or empty for the default."""
        self.wanted = device
        self.channels, self.rate = AUDIO, float(requirements["rate_hz"])
        self.health = Health()
        self._listener: Listener | None = None
        self._deaf_for = MUTED
        self._silenced = False  # let go because of zeros, and not a sound since
        self._missing = 0.0  # samples, of which the health has whole ones
        self._booked = 0

    @classmethod
    def add_options(cls, parser: argparse._ArgumentGroup) -> None:
        parser.add_argument(
            "--device",
            nargs="?",
            const="",
            metavar="NAME|NUMBER",
            help="a microphone: its number, a part of its name, or nothing for the default",
        )
        parser.add_argument(
            "--list-devices", action=_ListDevices, help="print which microphones there are"
        )

    @classmethod
    def from_options(
        cls, args: argparse.Namespace, requirements: Mapping[str, Any]
    ) -> Source | None:
        return cls(requirements, args.device) if args.device is not None else None

    def __enter__(self) -> Source:
        if "sounddevice" in sys.modules:
            portaudio.look_again()
        self._open(self.wanted)
        self._stream = SoundStream(self._rate, int(self.rate), self.health)
        self._heard = time.monotonic()
        self._interrupted = False
        return self

    def __exit__(self, *exc: object) -> None:
        self._close()

    def describe(self) -> dict[str, Any]:
        return {"device": self._device.name, "rate_hz": self._rate}

    def __iter__(self) -> Iterator[Chunk]:
        while True:
            if self._listener is None:
                yield from self._wait()
                continue
            block = self._listener.take(PATIENCE)
            if block is not None:
                for chunk in self._chunks(block):
                    self.health.count(chunk)
                    yield chunk
                if self._watch.sounds:
                    self._sounds()
                elif self._watch.muted:
                    # A sound server may have put another, silent one in the place of one pulled
                    # out. A muted one is opened ever more rarely.
                    self._silenced = True
                    self._deaf_for = min(2 * self._deaf_for, LONGEST_DEAF)
                    yield from self._let_go()
                continue
            if time.monotonic() > self._patient:
                if not self._interrupted:
                    log.warning("nothing comes from %s any more: waiting for it", self._device.name)
                yield from self._let_go()
            yield nothing()

    def _sounds(self) -> None:
        # One that sends zeros whenever nobody speaks need not be opened again for that: then the
        # patience stays, and grows until it is longer than its silences.
        if self._silenced and self._watch.silent_s <= MUTED:
            self._deaf_for = MUTED
            self._is_back()
        self._silenced = False

    def _is_back(self) -> None:
        self.health.reconnects += 1
        log.warning("%s is back", self._device.name)

    def _let_go(self) -> Iterator[Chunk]:
        """Of the microphone, until it can be opened again; what is left of its sound."""
        self._close()
        if not self._interrupted:
            self._interrupted, self._pause = True, FIRST
            chunk = self._stream.finish()
            self.health.count(chunk)
            yield chunk

    def _chunks(self, block: Block) -> Iterator[Chunk]:
        """The block, and before it what is left of the stretch that it does not continue."""
        if self._interrupted:
            self._interrupted = False
            if not self._silenced:  # else it is back once there is a sound
                self._is_back()
            begun = block.arrived - len(block.frames) / self._rate
            self._begin_anew(max(0.0, begun - self._heard))
        elif block.lost:
            yield self._stream.finish()
            self._begin_anew(block.lost / self._rate)
        self._heard = block.arrived
        self._patient = block.arrived + GONE
        self._watch.block(block)
        yield self._stream.feed(block.frames)

    def _begin_anew(self, missing: float) -> None:
        """A new stretch of sound, so many seconds after the end of the last."""
        self._missing += missing * self.rate
        booked = ceil(self._missing - SLACK)
        self.health.lost += booked - self._booked
        self._booked = booked
        start = self._stream.end + missing
        self._stream = SoundStream(self._rate, int(self.rate), self.health, start)

    def _open(self, wanted: str) -> None:
        self._device = portaudio.choose(wanted, portaudio.inputs())
        self._listener = Listener(self._device)
        now = time.monotonic()
        self._patient = now + STARTING
        self._rate = self._listener.rate
        self._watch = Watch(self._device.name, self._rate, now, self._deaf_for, self._silenced)
        log.info("listening to %s at %d Hz", self._device.name, self._rate)

    def _close(self) -> None:
        if self._listener is not None:
            self._listener.close()
            self._listener = None

    def _wait(self) -> Iterator[Chunk]:
        """Until it is time for the next attempt; each leaves more time to the next."""
        until = time.monotonic() + self._pause
        while (left := until - time.monotonic()) > 0:
            time.sleep(min(left, PATIENCE))
            yield nothing()
        self._pause = min(2 * self._pause, LONGEST)
        # Numbers may have changed meanwhile.
        wanted = self._device.name if self.wanted.isdecimal() else self.wanted
        try:
            portaudio.look_again()
            self._open(wanted)
        except SourceError as error:
            log.debug("%s", error)
        yield nothing()


class _ListDevices(argparse.Action):
    """As --help: print, and that is all."""

    def __init__(self, option_strings: Sequence[str], dest: str, help: str | None = None) -> None:
        super().__init__(option_strings, argparse.SUPPRESS, 0, default=argparse.SUPPRESS, help=help)

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: Any,
        option_string: str | None = None,
    ) -> NoReturn:
        try:
            among = portaudio.inputs()
            if not among:
                raise SourceError(portaudio.NO_MICROPHONE)
        except EdgeError as error:
            parser.exit(1, f"{parser.prog}: error: {error}\n")
        parser._print_message(portaudio.table(among), sys.stdout)
        parser.exit()
