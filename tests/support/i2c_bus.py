"""A fake kernel with an I2C adapter for the real smbus2: `ioctl`, `os.open` and `os.close`.

It has the limits of the Raspberry Pi: one read a transfer, as the last message. Time is virtual.
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

FILE_DESCRIPTOR = 4242
BYTE_TIME = 9 / 100_000  # s on the wire at 100 kHz


class VirtualClock:
    """Time that passes only in `sleep`."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


class FakeKernel:
    def __init__(self, clock: VirtualClock, *chips: EmulatedMPU6050) -> None:
        self.clock, self.chips = clock, chips
        self.funcs = 0x0EFF0001
        self.open_error: OSError | None = None
        self.transfers = self.bytes = 0
        self.is_open = False
        self.before_transfer: Callable[[int], None] = lambda number: None
        """Called with the number of the transfer; its exceptions are those of the transfer."""
        self.interrupt: tuple[int, int] | None = None
        """(bytes, errno): ends the last message of the next transfer after so many bytes."""

    def open(self, path: str, flags: int) -> int:
        if self.open_error:
            raise self.open_error
        if path != "/dev/i2c-1":
            raise FileNotFoundError(errno.ENOENT, "No such file or directory", path)
        self.is_open = True
        return FILE_DESCRIPTOR

    def close(self, fd: int) -> None:
        self.is_open = False

    def ioctl(self, fd: int, request: int, data: Any) -> None:
        assert fd == FILE_DESCRIPTOR and self.is_open
        if request == smbus2.I2C_FUNCS:
            data.value = self.funcs
            return
        assert request == smbus2.I2C_RDWR, "the driver uses combined transfers only"
        self._transfer([data.msgs[i] for i in range(data.nmsgs)])

    def _transfer(self, messages: list[Any]) -> None:
        if any(message.flags & smbus2.I2C_M_RD for message in messages[:-1]):
            raise OSError(errno.EOPNOTSUPP, "only one read message supported, has to be last")
        if any(message.len > 8192 for message in messages):
            raise OSError(errno.EINVAL, "Invalid argument")
        self.transfers += 1
        self.before_transfer(self.transfers)
        requests: list[tuple[int, bytes | int]] = []
        for message in messages:
            reads = message.flags & smbus2.I2C_M_RD
            requests.append((message.addr, message.len if reads else bytes(message)))
            self._take_time(1 + message.len)
        if self.interrupt:
            (done, number), self.interrupt = self.interrupt, None
            address, content = requests[-1]
            part = min(done, content) if isinstance(content, int) else content[:done]
            transfer(self.chips, [*requests[:-1], (address, part)])
            raise OSError(number, os.strerror(number))
        for message, answer in zip(messages, transfer(self.chips, requests), strict=True):
            for i, byte in enumerate(answer):
                message.buf[i] = byte

    def _take_time(self, count: int) -> None:
        self.bytes += count
        self.clock.sleep(count * BYTE_TIME)


@contextmanager
def kernel_under_smbus2(kernel: FakeKernel) -> Iterator[FakeKernel]:
    """Let smbus2 use the fake kernel."""
    real_open, real_close = os.open, os.close

    def open_(path: Any, flags: int, *rest: Any, **named: Any) -> int:
        if str(path).startswith("/dev/i2c-"):
            return kernel.open(path, flags)
        return real_open(path, flags, *rest, **named)

    def close(fd: int) -> None:
        kernel.close(fd) if fd == FILE_DESCRIPTOR else real_close(fd)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(smbus2, "ioctl", kernel.ioctl)
        patch.setattr(os, "open", open_)
        patch.setattr(os, "close", close)
        yield kernel
