"""A microphone at its own sample rate; it may be unplugged and plugged in again."""

from __future__ import annotations

import argparse
import logging
import sys
import time
from collections.abc import Iterator, Mapping
from math import ceil
from typing import Any

from edge.errors import SourceError
from edge.samples import AUDIO, Chunk, Health
from edge.source import Source
from edge.source.microphone import devices, search
from edge.source.microphone.input_stream import Block, InputStream
from edge.source.microphone.list_devices import ListDevices
from edge.source.microphone.monitor import MUTE_TIME, StreamMonitor
from edge.source.microphone.search import DeviceSearch
from edge.source.pacing import LONGEST_WAIT
from edge.source.sound_stream import SoundStream

log = logging.getLogger(__name__)

WANTED = 0.16  # s of sound at most that are waited for: four blocks, which may come late
GONE_TIME = 2.0  # s without a block after which the microphone counts as unplugged
START_TIME = 5.0  # s until the first block: some microphones must wake up
ROUNDING = 1e-6  # samples: sums of fractions are not exact
LONGEST_MUTE_TIME = 300.0  # s of zeros from a muted microphone until it is opened again


class MicrophoneSource(Source):
    is_device = True
    _device_rate: int
    _block_deadline: float  # when the next block must have come
    _monitor: StreamMonitor
    _search: DeviceSearch

    def __init__(self, requirements: Mapping[str, Any], device: str = "") -> None:
        """`device` is a number, a part of a name, or empty for the default."""
        self.wanted = device
        self.channels, self.rate = AUDIO, float(requirements["rate_hz"])
        self.health = Health()
        self._input: InputStream | None = None
        self._mute_time = MUTE_TIME
        self._closed_as_muted = False  # closed because of zeros, and only zeros since
        self._first_search = DeviceSearch()  # until it is opened for the first time
        self._missing = 0.0  # samples, with fractions; `health.lost` has the whole ones
        self._counted_lost = 0

    @classmethod
    def add_options(cls, parser: argparse._ArgumentGroup) -> None:
        parser.add_argument(
            "--device",
            nargs="?",
            const="",
            metavar="NAME|NUMBER",
            help="a microphone: its number or a part of its name; without a value the default one",
        )
        parser.add_argument(
            "--list-devices", action=ListDevices, help="print the microphones and exit"
        )

    @classmethod
    def from_options(
        cls, args: argparse.Namespace, requirements: Mapping[str, Any]
    ) -> Source | None:
        return cls(requirements, args.device) if args.device is not None else None

    def __enter__(self) -> Source:
        if "sounddevice" in sys.modules:
            devices.search_again()
        self._open(self.wanted)
        self._stream = SoundStream(self._device_rate, int(self.rate), self.health)
        self._last_arrival = time.monotonic()
        self._interrupted = False
        return self

    def __exit__(self, *exc: object) -> None:
        self._close()

    def until_worth_opening(self) -> Iterator[None]:
        """Search in a child process: each restart of PortAudio here loses memory."""
        while True:
            for found in self._first_search.devices():
                yield
                if found and self._is_among(found):
                    return

    def _is_among(self, found: list[devices.InputDevice]) -> bool:
        try:
            devices.choose(self.wanted, found)
        except SourceError:
            return False
        return True

    def describe(self) -> dict[str, Any]:
        return {"device": self._device.name, "rate_hz": self._device_rate}

    def __iter__(self) -> Iterator[Chunk]:
        try:
            yield from self._all_chunks()
        finally:
            if self._input is not None:  # sound that a reader who was too slow never gets
                self._count_missing(self._input.undelivered() / self._device_rate)

    def _all_chunks(self) -> Iterator[Chunk]:
        while True:
            if self._input is None:
                yield from self._wait_and_reopen()
                continue
            wanted_t = min(self.wanted_t, self._stream.end + WANTED)
            block = self._input.take(max(1, self._stream.frames_until(wanted_t)), LONGEST_WAIT)
            if block is not None:
                for chunk in self._chunks(block):
                    self.health.count(chunk)
                    yield chunk
                if self._monitor.has_sound:
                    self._note_sound()
                elif self._monitor.muted:
                    # A sound server may have replaced an unplugged microphone by a silent one, so
                    # a silent one is opened again: each time after a longer silence.
                    self._closed_as_muted = True
                    self._mute_time = min(2 * self._mute_time, LONGEST_MUTE_TIME)
                    yield from self._interrupt()
                continue
            if time.monotonic() > self._block_deadline:
                if not self._interrupted:
                    message = f"nothing comes from {self._device.name} any more: waiting for it"
                    log.warning(message)
                    self.health.device_lost(message)
                yield from self._interrupt()
            yield Chunk.empty(len(AUDIO))

    def _note_sound(self) -> None:
        # A microphone that sends zeros whenever nobody speaks need not be opened again for that:
        # its mute time is not reset, and grows until it is longer than these silences.
        if self._closed_as_muted and self._monitor.silence_before <= MUTE_TIME:
            self._mute_time = MUTE_TIME
            self._report_return()
        self._closed_as_muted = False

    def _report_return(self) -> None:
        self.health.device_found()
        log.warning("%s is back", self._device.name)

    def _interrupt(self) -> Iterator[Chunk]:
        """Close the microphone until it can be opened again; yield the rest of its sound."""
        self._close()
        self.health.away = True
        if not self._interrupted:
            self._interrupted, self._search = True, DeviceSearch()
            chunk = self._stream.finish()
            self.health.count(chunk)
            yield chunk

    def _chunks(self, block: Block) -> Iterator[Chunk]:
        """Yield the block; before it the rest of the previous stretch, if samples are missing."""
        if self._interrupted:
            self._interrupted = False
            if not self._closed_as_muted:  # else it counts as back once there is sound
                self._report_return()
            begin = block.arrived - len(block.frames) / self._device_rate
            self._start_new_stream(max(0.0, begin - self._last_arrival))
        elif block.lost:
            yield self._stream.finish()
            self._start_new_stream(block.lost / self._device_rate)
        self._last_arrival = block.arrived
        self._block_deadline = block.arrived + GONE_TIME
        self._monitor.check(block)
        yield self._stream.feed(block.frames, block.arrived)

    def _start_new_stream(self, missing: float) -> None:
        """Begin a new stretch of sound, `missing` seconds after the end of the last one."""
        self._count_missing(missing)
        start = self._stream.end + missing
        self._stream = SoundStream(self._device_rate, int(self.rate), self.health, start)

    def _count_missing(self, seconds: float) -> None:
        self._missing += seconds * self.rate
        lost = ceil(self._missing - ROUNDING)
        self.health.lost += lost - self._counted_lost
        self._counted_lost = lost

    def _open(self, wanted: str) -> None:
        self._device = devices.choose(wanted, devices.input_devices())
        self._input = InputStream(self._device)
        now = time.monotonic()
        self._block_deadline = now + START_TIME
        self._device_rate = self._input.rate
        self._monitor = StreamMonitor(
            *(self._device.name, self._device_rate, now),
            *(self._mute_time, self._closed_as_muted),
            self.health.degraded,
        )
        log.info("listening to %s at %d Hz", self._device.name, self._device_rate)

    def _close(self) -> None:
        if self._input is not None:
            self._input.close()
            self._input = None

    def _wait_and_reopen(self) -> Iterator[Chunk]:
        """Wait until the microphone may be there again, then try to open it."""
        # The device may have another number now, so its name is used.
        wanted = self._device.name if self.wanted.isdecimal() else self.wanted
        try:
            for found in self._search.devices():
                yield Chunk.empty(len(AUDIO))
                if found is not None:
                    devices.choose(wanted, found)  # SourceError if it is not there
                    search.refresh(found)
                    self._open(wanted)
        except SourceError as error:
            log.debug("%s", error)
