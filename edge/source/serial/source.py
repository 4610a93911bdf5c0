"""A board on a serial port: framed or plain CSV recognised by itself, unplugging survived."""

from __future__ import annotations

import argparse
import contextlib
import logging
import time
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from edge.errors import SourceError
from edge.samples import Chunk, Health
from edge.source import Source
from edge.source.serial import no_data, ports
from edge.source.serial.framed import stream as framed_stream
from edge.source.serial.framed.protocol import BAUD
from edge.source.serial.framed.stream import FramedStream
from edge.source.serial.ports import AUTO
from edge.source.serial.text.stream import TextStream

log = logging.getLogger(__name__)

SILENCE = 5.0  # s without anything that makes sense, after which we say so
BOOTING = 15.0  # s that a board may take which has said something that makes sense
ASIDE = 0.3  # s of listening before the board is spoken to: it may be about to print CSV
GATHER = 0.05  # s in which bytes gather, so that not each of them wakes us
RETRY = 0.2  # s between two looks for a port that has gone
MOST = 65536  # bytes taken at once
ESP32_BOOT = b"rst:0x"  # in what its boot ROM prints


class SerialSource(Source):
    def __init__(
        self, port: str, baud: int = BAUD, requirements: Mapping[str, Any] | None = None
    ) -> None:
        self.health = Health()
        self._path, self._baud, self._needs = port, baud, requirements or {}
        self._found: Any = None  # of --port auto: what it found
        self._dtr = self._restarted = False
        self._stream: FramedStream | TextStream
        self._pending: list[Chunk] = []
        self._gone = False  # unplugged, and nothing has come since
        self._heard = 0.0  # when samples last came
        self._told = False  # that none come

    @classmethod
    def add_options(cls, parser: argparse._ArgumentGroup) -> None:
        parser.add_argument("--port", help="serial port of the board, or 'auto'")
        parser.add_argument(
            "--baud", type=int, default=BAUD, help="its speed, as the sketch sets it (%(default)s)"
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
            log.info("taking %s (%s)", self._path, self._found.description)
        self._port = ports.open_port(self._path, self._baud)
        try:
            self._recognise()
        except BaseException as error:
            self._port.close()
            if isinstance(error, OSError) and not isinstance(error, SourceError):
                raise SourceError(
                    f"{self._path} was unplugged: plug it in and start again"
                ) from error
            raise
        self.channels, self.rate = self._stream.channels, self._stream.rate
        self.health = self._stream.health
        return self

    def describe(self) -> dict[str, Any]:
        told = self._stream.describe()
        return {**told, "device": self._path, "restarted": self._restarted or told["restarted"]}

    def __exit__(self, *exc: object) -> None:
        with contextlib.suppress(OSError):
            if isinstance(self._stream, FramedStream):
                self._port.write(framed_stream.GOODBYE)
        self._port.close()

    def __iter__(self) -> Iterator[Chunk]:
        yield from self._pending
        self._pending.clear()
        self._heard = time.monotonic()
        while True:
            yield self._next_chunk()

    def _next_chunk(self) -> Chunk:
        nothing = Chunk(np.empty(0), np.empty((0, len(self.channels)), np.float32))
        if not self._port.is_open:
            self._reopen()
            return nothing
        try:
            if isinstance(self._stream, FramedStream):
                self._write(self._stream.outgoing(time.monotonic()))
            data, now = self._read()
        except OSError as error:
            if not self._gone:
                log.warning("%s was unplugged (%s): waiting for it", self._path, error)
            self._gone = True
            self._port.close()
            self._stream.interrupted()
            return nothing
        if self._gone and data:
            self._gone = False
            self.health.reconnects += 1
            log.warning("%s is back", self._path)
        chunk = self._stream.feed(data, now)
        if len(chunk):
            self._heard, self._told = now, False
        elif now - self._heard > SILENCE and not self._told:
            self._told = True
            log.warning("no samples from %s for %g s: is its sensor wired?", self._path, SILENCE)
        return chunk

    def _read(self) -> tuple[bytes, float]:
        time.sleep(GATHER)
        data = self._port.read(min(self._port.in_waiting, MOST) or 1)
        return data, time.monotonic()

    def _write(self, data: bytes) -> None:
        with contextlib.suppress(ports.pyserial().SerialTimeoutException):
            if data:
                self._port.write(data)

    def _reopen(self) -> None:
        time.sleep(RETRY)
        path = ports.find_again(self._found) if self._found else None
        try:
            self._port = ports.open_port(path or self._path, self._baud, self._dtr)
        except SourceError as error:  # gone, or not yet ours: that may pass
            log.debug("%s", error)
        else:
            self._path = path or self._path

    def _recognise(self) -> None:
        """Let both kinds of stream listen until one understands; the first samples are kept."""
        framed, text = FramedStream(self._needs), TextStream()
        start = time.monotonic()
        obstructed = np.inf  # since when rows come that are not understood
        received = b""
        while True:
            data, now = self._read()
            received = (received + data)[:MOST]
            self._restarted |= ESP32_BOOT in received
            for stream in (framed, text):
                chunk = stream.feed(data, now)
                if len(chunk):
                    self._pending.append(chunk)
            if framed.ready(now) and framed.health.samples:
                self._stream = framed
                log.info("%s", framed.board)
                return
            if text.format:
                self._stream = text
                return
            if now - start > ASIDE and not text.promising:
                self._write(framed.outgoing(now))
            if now - start > SILENCE / 2 and not received and not self._dtr:
                self._raise_dtr()
            if text.obstacle:
                obstructed = min(obstructed, now)
            patience = BOOTING if text.promising else SILENCE
            if now - start > patience or now - obstructed > SILENCE:
                raise SourceError(
                    f"{self._path}: {no_data.explain(received, framed, text, self._baud)}"
                )

    def _raise_dtr(self) -> None:
        """Boards whose USB is native (Leonardo, Pico) do not speak to a port without DTR."""
        self._dtr = True
        with contextlib.suppress(OSError):
            self._port.dtr = True
