"""What the course's sketch MPU6050_ACC2CSV.ino prints, byte for byte.

A banner, the gravity at power-on, then the acceleration less that gravity, in g with two decimals,
20 times a second; after each 30 rows three blank lines, whatever the hand is doing.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from edge.samples import STANDARD_GRAVITY
from firmware_bridge.machine import BOOT_LOADER

PERIOD = 0.05  # s: its delay()
BLOCK = 30  # rows
LSB = 16384  # per g at the chip's +-2 g, which the sketch leaves as they are


class LegacySketch:
    """A board for `firmware_bridge.port`. `motion(t)` begins with the acceleration in m/s^2."""

    def __init__(
        self, motion: Callable[[float], NDArray[np.floating]], connected: bool = True
    ) -> None:
        """`connected`: whether its sensor answers; the sketch says so, and goes on if not."""
        self._motion, self._connected = motion, connected
        self._now = 0.0
        self._sent = b""
        self._boot()

    def clock(self) -> float:
        return self._now

    def run(self, seconds: float) -> None:
        self._now += seconds
        while self._next <= self._now:
            x, y, z = self._read(self._next) - self._offset
            self._sent += b"%.2f,%.2f,%.2f\r\n" % (x, y, z)
            self._rows += 1
            if self._rows % BLOCK == 0:
                self._sent += b"\r\n\r\n\r\n"
            self._next += PERIOD

    def give(self, data: bytes) -> None:
        """It does not listen."""

    def take(self) -> bytes:
        sent, self._sent = self._sent, b""
        return sent

    def reset(self) -> None:
        self._now += BOOT_LOADER
        self._boot()

    def _boot(self) -> None:
        self._rows = 0
        self._next = self._now
        self._offset = self._read(self._now)
        found = b"successful" if self._connected else b"failed"
        self._sent = b"Initializing IMU...\r\nMPU6050 connection " + found
        self._sent += b"\r\nOffset: %.2f\t%.2f\t%.2f\r\n" % tuple(self._offset)

    def _read(self, t: float) -> NDArray[np.float64]:
        if not self._connected:
            return np.zeros(3)
        counts = np.round(np.asarray(self._motion(t), np.float64)[:3] / STANDARD_GRAVITY * LSB)
        return np.clip(counts, -2 * LSB, 2 * LSB - 1) / LSB
