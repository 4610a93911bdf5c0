"""A simulated board with emulated chips on its I2C bus, run step by step on its own clock."""

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

BOOT_LOADER_TIME = 1.0  # s that an Uno waits for a new program after a reset
MAX_READ = 65536  # bytes


class Machine:
    """One board. Create its `chips` with `clock=machine.clock` and append them."""

    def __init__(self, library: Path, firmware: Path | None = None) -> None:
        self.chips: list[EmulatedMPU6050] = []
        self._paths = library, firmware
        self._selected: EmulatedMPU6050
        self._error: BaseException | None = None
        self._booted_at = 0.0
        self._callbacks = tuple(
            kind(self._storing_errors(callback))
            for kind, callback in (
                (_START, self._bus_start),
                (_WRITE, self._bus_write),
                (_READ, self._bus_read),
                (_STOP, self._bus_stop),
            )
        )
        self._load()

    def clock(self) -> float:
        """Seconds since the first power-on."""
        return self._booted_at + int(self._library.machine_time_us()) / 1e6

    def run(self, seconds: float) -> None:
        self._send_pending()
        self._until += seconds  # not from now: each run ends a little late
        crashed = self._library.machine_run(ctypes.c_int64(round(self._until * 1e6)))
        if self._error:
            error, self._error = self._error, None
            raise error
        if crashed:
            raise RuntimeError("the firmware has crashed")

    def send(self, data: bytes) -> None:
        """Send bytes to the board's serial port."""
        self._pending += data
        self._send_pending()

    def receive(self) -> bytes:
        """Return the bytes that the board has sent since the last call."""
        buffer = (ctypes.c_uint8 * MAX_READ)()
        return bytes(buffer[: self._library.machine_receive(buffer, MAX_READ)])

    @property
    def led_on(self) -> bool:
        return bool(self._library.machine_led())

    def reset(self) -> None:
        """Reset the board, as opening its port does to an Uno: boot loader, then the sketch."""
        self._booted_at = self.clock() + BOOT_LOADER_TIME
        self._load()

    def _load(self) -> None:
        library, firmware = self._paths
        with tempfile.TemporaryDirectory() as folder:
            # A library loaded twice from one path would be one board: load a copy.
            copy = shutil.copy(library, folder)
            self._library: Any = ctypes.CDLL(copy)
        self._library.machine_time_us.restype = ctypes.c_int64
        self._pending = b""
        self._until = 0.0
        if self._library.machine_open(str(firmware).encode(), *self._callbacks):
            raise build.BuildError(f"{firmware} is not firmware for an Uno")

    def _send_pending(self) -> None:
        data = (ctypes.c_uint8 * len(self._pending)).from_buffer_copy(self._pending)
        accepted = self._library.machine_send(data, len(self._pending))
        self._pending = self._pending[accepted:]

    def _storing_errors(self, callback: Callable[..., int | None]) -> Callable[..., int | None]:
        """Wrap a callback: an exception cannot pass through C code, so `run` raises it later."""

        def wrapped(*arguments: int) -> int | None:
            try:
                return callback(*arguments)
            except BaseException as error:
                self._error = error
                return 0

        return wrapped

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
    """Return an Arduino Uno in simavr that runs the shipped sketch."""
    return Machine(build.uno_library(), build.firmware())


def esp32() -> Machine:
    """Return the ESP32's sketch, compiled for this computer."""
    return Machine(build.esp32_library())
