"""A kernel with an I2C adapter, for the real smbus2: its `ioctl`, `os.open` and `os.close`.

It is as fussy as the Raspberry Pi's: one read a transfer, as the last message. Time is virtual.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import smbus2.smbus2 as smbus2

from edge.simulation.chip.i2c import transfer
from edge.simulation.chip.mpu6050 import EmulatedMPU6050

FD = 4242
BYTE = 9 / 100_000  # s on the wire at 100 kHz


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


class Kernel:
    def __init__(self, clock: Clock, *chips: EmulatedMPU6050) -> None:
        self.clock, self.chips = clock, chips
        self.funcs = 0x0EFF0001
        self.open_error: OSError | None = None
        self.transfers = self.bytes = 0
        self.is_open = False
        self.before_transfer: Callable[[int], None] = lambda number: None
        """Called with the transfer's number; what it raises, the transfer raises."""
        self.break_off: tuple[int, int] | None = None
        """The next transfer's last message ends after so many bytes, with this errno."""

    def open(self, path: str, flags: int) -> int:
        if self.open_error:
            raise self.open_error
        if path != "/dev/i2c-1":
            raise FileNotFoundError(errno.ENOENT, "No such file or directory", path)
        self.is_open = True
        return FD

    def close(self, fd: int) -> None:
        self.is_open = False

    def ioctl(self, fd: int, request: int, data: Any) -> None:
        assert fd == FD and self.is_open
        if request == smbus2.I2C_FUNCS:
            data.value = self.funcs
            return
        assert request == smbus2.I2C_RDWR, "the driver promised to use nothing else"
        self._transfer([data.msgs[i] for i in range(data.nmsgs)])

    def _transfer(self, messages: list[Any]) -> None:
        if any(message.flags & smbus2.I2C_M_RD for message in messages[:-1]):
            raise OSError(errno.EOPNOTSUPP, "only one read message supported, has to be last")
        if any(message.len > 8192 for message in messages):
            raise OSError(errno.EINVAL, "Invalid argument")
        self.transfers += 1
        self.before_transfer(self.transfers)
        wanted: list[tuple[int, bytes | int]] = []
        for message in messages:
            reads = message.flags & smbus2.I2C_M_RD
            wanted.append((message.addr, message.len if reads else bytes(message)))
            self._spend(1 + message.len)
        if self.break_off:
            (done, number), self.break_off = self.break_off, None
            address, what = wanted[-1]
            part = min(done, what) if isinstance(what, int) else what[:done]
            transfer(self.chips, [*wanted[:-1], (address, part)])
            raise OSError(number, os.strerror(number))
        for message, answer in zip(messages, transfer(self.chips, wanted), strict=True):
            for i, byte in enumerate(answer):
                message.buf[i] = byte

    def _spend(self, count: int) -> None:
        self.bytes += count
        self.clock.sleep(count * BYTE)


@contextmanager
def running(kernel: Kernel) -> Iterator[Kernel]:
    """Put it under smbus2."""
    real_open, real_close = os.open, os.close

    def open_(path: Any, flags: int, *rest: Any, **named: Any) -> int:
        if str(path).startswith("/dev/i2c-"):
            return kernel.open(path, flags)
        return real_open(path, flags, *rest, **named)

    def close(fd: int) -> None:
        kernel.close(fd) if fd == FD else real_close(fd)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(smbus2, "ioctl", kernel.ioctl)
        patch.setattr(os, "open", open_)
        patch.setattr(os, "close", close)
        yield kernel
