"""A simulated board with emulated sensors on its bus, run a little at a time on its own clock."""

from __future__ import annotations

import ctypes
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from edge.simulation.chip.mpu6050 import EmulatedMPU6050
from firmware_bridge import build

_START = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int, ctypes.c_int)
_WRITE = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int)
_READ = ctypes.CFUNCTYPE(ctypes.c_int)
_STOP = ctypes.CFUNCTYPE(None)

BOOT_LOADER = 1.0  # s that an Uno waits for a new program after a reset
MOST = 65536  # bytes taken at once


class Machine:
    """`chips` are those on its bus; make them with `clock=machine.clock`."""

    def __init__(self, library: Path, firmware: Path | None = None) -> None:
        self.chips: list[EmulatedMPU6050] = []
        self._paths = library, firmware
        self._selected: EmulatedMPU6050
        self._error: BaseException | None = None
        self._booted_at = 0.0
        self._callbacks = tuple(
            kind(self._guarded(answer))
            for kind, answer in (
                (_START, self._bus_start),
                (_WRITE, self._bus_write),
                (_READ, self._bus_read),
                (_STOP, self._bus_stop),
            )
        )
        self._load()

    def clock(self) -> float:
        """Seconds since it was first switched on."""
        return self._booted_at + int(self._library.machine_time_us()) / 1e6

    def run(self, seconds: float) -> None:
        self._deliver()
        self._until += seconds  # and not from now: each run ends a little late
        crashed = self._library.machine_run(ctypes.c_int64(round(self._until * 1e6)))
        if self._error:
            error, self._error = self._error, None
            raise error
        if crashed:
            raise RuntimeError("the firmware has crashed")

    def give(self, data: bytes) -> None:
        """To its serial port."""
        self._waiting += data
        self._deliver()

    def take(self) -> bytes:
        """What it has sent since the last time."""
        buffer = (ctypes.c_uint8 * MOST)()
        return bytes(buffer[: self._library.machine_take(buffer, MOST)])

    @property
    def lit(self) -> bool:
        """Is the LED on?"""
        return bool(self._library.machine_led())

    def reset(self) -> None:
        """What opening its port does to an Uno: the boot loader, then the sketch from the start."""
        self._booted_at = self.clock() + BOOT_LOADER
        self._load()

    def _load(self) -> None:
        library, firmware = self._paths
        with tempfile.TemporaryDirectory() as folder:
            # Loaded twice from one path, it would be the same machine.
            copy = shutil.copy(library, folder)
            self._library: Any = ctypes.CDLL(copy)
        self._library.machine_time_us.restype = ctypes.c_int64
        self._waiting = b""
        self._until = 0.0
        if self._library.machine_open(str(firmware).encode(), *self._callbacks):
            raise build.BuildError(f"{firmware} is no firmware of an Uno")

    def _deliver(self) -> None:
        data = (ctypes.c_uint8 * len(self._waiting)).from_buffer_copy(self._waiting)
        given = self._library.machine_give(data, len(self._waiting))
        self._waiting = self._waiting[given:]

    def _guarded(self, answer: Callable[..., int | None]) -> Callable[..., int | None]:
        """An exception cannot pass through the C code: it waits until that is done."""

        def guarded(*arguments: int) -> int | None:
            try:
                return answer(*arguments)
            except BaseException as error:
                self._error = error
                return 0

        return guarded

    def _bus_start(self, address: int, read: int) -> int:
        for chip in self.chips:
            if chip.start(address, bool(read)):
                self._selected = chip
                return 1
        return 0

    def _bus_write(self, byte: int) -> int:
        return self._selected.write(byte)

    def _bus_read(self) -> int:
        return self._selected.read()

    def _bus_stop(self) -> None:
        self._selected.stop()


def uno() -> Machine:
    """An Arduino Uno in simavr that runs the shipped sketch."""
    return Machine(build.uno_library(), build.firmware())


def esp32() -> Machine:
    """The ESP32's sketch on this computer."""
    return Machine(build.esp32_library())
