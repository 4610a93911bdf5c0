"""A board on a serial port, with either kind of stream; it may be unplugged and come back."""

from __future__ import annotations

import argparse
import contextlib
import logging
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from math import inf
from typing import Any

import numpy as np

from edge.errors import SourceError
from edge.samples import ECG, MOTION, Chunk, Health
from edge.source import Source
from edge.source.serial import diagnosis, ports
from edge.source.serial.framed.dialogue import STOP_COMMAND
from edge.source.serial.framed.protocol import BAUD
from edge.source.serial.framed.stream import FramedStream
from edge.source.serial.ports import AUTO
from edge.source.serial.text.number_stream import NumberStream
from edge.source.serial.text.one_column import OneColumnStream
from edge.source.serial.text.stream import TextStream

log = logging.getLogger(__name__)

SILENCE = 5.0  # s without samples before the user is told
BOOT_TIME = 15.0  # s until samples must come from a board that has sent something understandable
LISTEN_FIRST = 0.3  # s before a command is sent: the board may be about to print CSV
GATHER_TIME = 0.05  # s in which bytes accumulate, so that not each byte wakes the program ...
LONGEST_GATHER_TIME = 0.2  # ... and at most, if no event can come earlier; ...
MAX_GATHERED = 2048  # bytes; ... the buffer of a port holds 4096
RETRY_INTERVAL = 0.2  # s between two attempts to open an unplugged port
MAX_READ = 65536  # bytes
ESP32_BOOT = b"rst:0x"  # printed by the ESP32's boot ROM


class SerialSource(Source):
    is_device = True

    def __init__(
        self, port: str, baud: int = BAUD, requirements: Mapping[str, Any] | None = None
    ) -> None:
        self.health = Health()
        self._path, self._baud, self._requirements = port, baud, requirements or {}
        self._found: Any = None  # the port that --port auto found
        self._dtr = self._restarted = False
        self._stream: FramedStream | TextStream | NumberStream
        self._pending: list[Chunk] = []
        self._unplugged = False  # and no byte has come since
        self._reopen_error = ""  # the last one that was logged
        self._last_samples = 0.0  # when samples last came
        self._newest_t = inf  # of the samples; inf if they have stopped
        self._read_at = 0.0
        self._bytes_per_s = 0.0
        self._warned_silence = False

    @classmethod
    def add_options(cls, parser: argparse._ArgumentGroup) -> None:
        parser.add_argument("--port", help="serial port of the board, or 'auto'")
        parser.add_argument(
            "--baud",
            type=int,
            default=BAUD,
            help="speed of the serial port, as set in the sketch (default: %(default)s)",
        )

    @classmethod
    def from_options(
        cls, args: argparse.Namespace, requirements: Mapping[str, Any]
    ) -> SerialSource | None:
        return cls(args.port, args.baud, requirements) if args.port else None

    def __enter__(self) -> SerialSource:
        if self._path == AUTO:
            self._found = ports.find_port()
            self._path = self._found.device
            log.info("using %s (%s)", self._path, self._found.description)
        self._port = ports.open_port(self._path, self._baud)
        try:
            self._detect_stream()
        except BaseException as error:
            ports.close_port(self._port)
            if isinstance(error, ports.PORT_ERRORS) and not isinstance(error, SourceError):
                raise SourceError(
                    f"{self._path} was unplugged: plug it in and start again"
                ) from error
            raise
        self.channels, self.rate = self._stream.channels, self._stream.rate
        self.health = self._stream.health
        return self

    def describe(self) -> dict[str, Any]:
        board = self._stream.describe()
        return {**board, "device": self._path, "restarted": self._restarted or board["restarted"]}

    def __exit__(self, *exc: object) -> None:
        with contextlib.suppress(*ports.PORT_ERRORS):
            if isinstance(self._stream, FramedStream):
                self._port.write(STOP_COMMAND)
        ports.close_port(self._port)

    def __iter__(self) -> Iterator[Chunk]:
        yield from self._pending
        self._pending.clear()
        self._last_samples = time.monotonic()
        while True:
            yield self._next_chunk()

    def _next_chunk(self) -> Chunk:
        if not self._port.is_open:
            self._reopen()
            return Chunk.empty(len(self.channels))
        try:
            if isinstance(self._stream, FramedStream):
                self._write(self._stream.dialogue.outgoing(time.monotonic()))
            data, now = self._read()
        except ports.PORT_ERRORS as error:
            if not self._unplugged:
                message = f"{self._path} was unplugged ({error}): waiting for it"
                log.warning(message)
                self.health.device_lost(message)
            self._unplugged = True
            ports.close_port(self._port)
            self._stream.interrupted()
            return Chunk.empty(len(self.channels))
        if self._unplugged and data:
            self._unplugged = False
            self.health.device_found()
            log.warning("%s is back", self._path)
        chunk = self._stream.feed(data, now)
        if len(chunk):
            self._last_samples, self._warned_silence = now, False
            self._newest_t = float(chunk.t[-1])
            chunk = replace(chunk, captured=now)
        elif now - self._last_samples > SILENCE and not self._warned_silence:
            self._warned_silence = True
            message = f"no samples from {self._path} for {SILENCE:g} s: is its sensor wired?"
            log.warning(message)
            self.health.degraded(message)
        return chunk

    def _read(self) -> tuple[bytes, float]:
        gather_s = self._gather_time()
        time.sleep(gather_s)
        waiting = self._port.in_waiting
        if waiting:
            data = ports.read_waiting(self._port, min(waiting, MAX_READ))
        else:
            self._newest_t = inf
            data = self._port.read(1) if gather_s == GATHER_TIME else b""
        now = time.monotonic()
        self._bytes_per_s, self._read_at = len(data) / (now - self._read_at), now
        return data, now

    def _gather_time(self) -> float:
        """How long bytes accumulate before the next read: until an event can come."""
        longest = LONGEST_GATHER_TIME
        if self._bytes_per_s * longest > MAX_GATHERED:
            longest = MAX_GATHERED / self._bytes_per_s
        return max(GATHER_TIME, min(self.wanted_t - self._newest_t, longest))

    def _write(self, data: bytes) -> None:
        with contextlib.suppress(ports.pyserial().SerialTimeoutException):
            if data:
                self._port.write(data)

    def _reopen(self) -> None:
        time.sleep(RETRY_INTERVAL)
        path = None
        try:
            path = ports.find_again(self._found) if self._found else None
            self._port = ports.open_port(path or self._path, self._baud, self._dtr)
        except ports.PORT_ERRORS as error:  # gone, or not yet accessible: the next attempt may work
            if str(error) != self._reopen_error:  # otherwise several lines a second
                self._reopen_error = str(error)
                log.debug("%s", error)
        else:
            self._path = path or self._path

    def _detect_stream(self) -> None:
        """Feed both kinds of stream until one of them has samples; those are delivered first."""
        framed, text = FramedStream(self._requirements), self._text_stream()
        start = time.monotonic()
        obstacle_since = np.inf  # since when rows come that cannot be understood
        received = b""
        while True:
            data, now = self._read()
            received = (received + data)[:MAX_READ]
            self._restarted |= ESP32_BOOT in received
            for stream in (framed, text):
                chunk = stream.feed(data, now)
                if len(chunk):
                    self._pending.append(chunk)
            if framed.dialogue.ready(now) and framed.health.samples:
                self._stream = framed
                log.info("%s", framed.dialogue)
                return
            if text.format:
                self._stream = text
                return
            if now - start > LISTEN_FIRST and not text.promising:
                self._write(framed.dialogue.outgoing(now))
            if now - start > SILENCE / 2 and not received and not self._dtr:
                self._raise_dtr()
            if text.obstacle:
                obstacle_since = min(obstacle_since, now)
            timeout = BOOT_TIME if text.promising else SILENCE
            if now - start > timeout or now - obstacle_since > SILENCE:
                raise SourceError(
                    f"{self._path}: {diagnosis.explain(received, framed, text, self._baud)}"
                )

    def _text_stream(self) -> TextStream | NumberStream:
        channels = tuple(self._requirements.get("channels", ()))
        if set(channels) <= set(MOTION):
            return TextStream()
        return OneColumnStream() if channels == ECG else NumberStream(channels)

    def _raise_dtr(self) -> None:
        """Boards with native USB (Leonardo, Pico) send nothing to a port without DTR."""
        self._dtr = True
        with contextlib.suppress(*ports.PORT_ERRORS):
            self._port.dtr = True
