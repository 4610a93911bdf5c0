"""Simulated boards on a pseudo-terminal, for tests with the real pyserial."""

from __future__ import annotations

import contextlib
import os
import threading
import time
import tty
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path

import numpy as np

from edge.samples import DEGREE, MOTION, STANDARD_GRAVITY, Health
from edge.source.serial.framed import protocol
from edge.source.serial.framed.framing import FrameDecoder, frame
from edge.source.serial.framed.protocol import HELLO, SAMPLE, SET_RANGE, SET_RATE, START, STOP


class PtyPort:
    """A serial port at a path, which can be unplugged. As on a UART, unread bytes are lost."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._ends: list[int] = []
        self.plug()

    def plug(self, path: Path | None = None) -> None:
        """Create the port, at a new path if one is given."""
        self.path = path or self.path
        master, slave = os.openpty()
        tty.setraw(slave)
        os.set_blocking(master, False)
        self.path.symlink_to(os.ttyname(slave))
        self._ends = [master, slave]

    def unplug(self) -> None:
        ends, self._ends = self._ends, []
        if ends:
            self.path.unlink()
        for end in ends:
            os.close(end)

    def write(self, data: bytes) -> None:
        with contextlib.suppress(OSError, IndexError):
            os.write(self._ends[0], data)

    def read(self) -> bytes:
        with contextlib.suppress(OSError, IndexError):
            return os.read(self._ends[0], 4096)
        return b""


class Board:
    """A context manager that calls `tick` `rate` times a second, in a thread."""

    def __init__(self, port: PtyPort, rate: float) -> None:
        self.port, self.rate = port, rate
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Board:
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._stop.set()
        self._thread.join()
        self.port.unplug()

    def tick(self) -> None:
        raise NotImplementedError

    def _run(self) -> None:
        due = time.monotonic()
        while not self._stop.is_set():
            self.tick()
            due += 1 / self.rate
            time.sleep(max(0.0, due - time.monotonic()))


class TextBoard(Board):
    """Sends the given lines, one per tick, and comments after the last one."""

    def __init__(self, port: PtyPort, lines: Iterable[bytes], rate: float = 100.0) -> None:
        super().__init__(port, rate)
        self._lines: Iterator[bytes] = chain(lines, iter(lambda: b"# \n", None))

    def tick(self) -> None:
        self.port.write(next(self._lines))


class FramedBoard(Board):
    """Behaves like the firmware. Its sensor is at rest and its x axis counts the samples, unless
    `rows` (m/s^2 and rad/s) are given: it then sends these, again and again."""

    def __init__(self, port: PtyPort, rows: np.ndarray | None = None, **hello: int | str) -> None:
        super().__init__(port, 100.0)
        self.rows = rows
        self.boot()
        self.settings = {"rate_hz": 100, "accel_g": 2, "gyro_dps": 250}
        self.hello: dict[str, int | str] = {
            "protocol": protocol.VERSION,
            "schema": protocol.SCHEMA,
            "who_am_i": 0x68,
        }
        self.hello |= {"firmware": "pty", "version": "1"} | hello
        self.commands: list[int] = []
        self._decoder = FrameDecoder(protocol.TO_BOARD, Health())
        self.dead_sensor = False

    def boot(self) -> None:
        self.running, self.seq, self.start = False, 0, time.monotonic()
        self.settings = {"rate_hz": 100, "accel_g": 2, "gyro_dps": 250}

    def tick(self) -> None:
        for payload in self._decoder.feed(self.port.read()):
            self.commands.append(payload[0])
            for message in (SET_RATE, SET_RANGE):
                if payload[0] == message.number:
                    self.settings |= message.unpack(payload)
            if payload[0] in (START.number, STOP.number):
                self.running = payload[0] == START.number
            else:
                self.send_hello()
        self.seq += 1
        if self.running and not self.dead_sensor:
            time_us = round((time.monotonic() - self.start) * 1e6) % 2**32
            axes = dict(zip(MOTION, self._axes(), strict=True))
            self.port.write(frame(SAMPLE.pack(seq=self.seq % 65536, time_us=time_us, **axes)))

    def _axes(self) -> list[int]:
        """The raw values of the next sample."""
        accel_g, gyro_dps = self.settings["accel_g"], self.settings["gyro_dps"]
        if self.rows is None:
            return [self.seq % 100, 0, 32768 // accel_g, 0, 0, 0]
        full_scale = np.repeat([STANDARD_GRAVITY * accel_g, DEGREE * gyro_dps], 3)
        raw = np.rint(self.rows[self.seq % len(self.rows)] / full_scale * 32768)
        return raw.clip(-32768, 32767).astype(int).tolist()

    def send_hello(self, booted: int = 0) -> None:
        payload = HELLO.pack(booted=booted, **self.settings, **self.hello)
        self.port.write(b"\0" + frame(payload))


def csv_lines(rows: np.ndarray, number_format: str = "%.3f") -> list[bytes]:
    return [(",".join(number_format % value for value in row) + "\r\n").encode() for row in rows]


def tilting_rows(seconds: float, rate: float = 100.0) -> np.ndarray:
    """Return rows in g and deg/s of a sensor that is tilted back and forth."""
    t = np.arange(round(seconds * rate)) / rate
    angle = np.sin(5 * t)
    zero = np.zeros(len(t))
    turn = np.degrees(np.gradient(angle, 1 / rate))
    return np.stack([zero, np.sin(angle), np.cos(angle), turn, zero, zero], axis=1)
