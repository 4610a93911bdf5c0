"""A board with the course's sketch MPU6050_ACC2CSV.ino: it prints the same bytes.

A banner, the gravity at power-on, then the acceleration minus that gravity, in g with two decimals,
20 times a second. After each 30 rows it prints three blank lines, even within a stroke.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from edge.samples import STANDARD_GRAVITY
from firmware_bridge.simulated_board.machine import BOOT_LOADER_TIME

PERIOD = 0.05  # s: the sketch's delay()
ROWS_PER_BLOCK = 30
LSB_PER_G = 16384  # at the chip's default range of +-2 g, which the sketch does not change


class LegacySketch:
    """A `Board` for `serial_port`. `motion(t)` begins with the acceleration in m/s^2."""

    def __init__(
        self, motion: Callable[[float], NDArray[np.floating]], connected: bool = True
    ) -> None:
        """`connected`: whether the sensor answers; if not, the sketch prints so and runs on."""
        self._motion, self._connected = motion, connected
        self._now = 0.0
        self._output = b""
        self._boot()

    def clock(self) -> float:
        return self._now

    def run(self, seconds: float) -> None:
        self._now += seconds
        while self._next_row <= self._now:
            x, y, z = self._read(self._next_row) - self._offset
            self._output += b"%.2f,%.2f,%.2f\r\n" % (x, y, z)
            self._rows += 1
            if self._rows % ROWS_PER_BLOCK == 0:
                self._output += b"\r\n\r\n\r\n"
            self._next_row += PERIOD

    def send(self, data: bytes) -> None:
        """The sketch reads no input."""

    def receive(self) -> bytes:
        output, self._output = self._output, b""
        return output

    def reset(self) -> None:
        self._now += BOOT_LOADER_TIME
        self._boot()

    def _boot(self) -> None:
        self._rows = 0
        self._next_row = self._now
        self._offset = self._read(self._now)
        result = b"successful" if self._connected else b"failed"
        self._output = b"Initializing IMU...\r\nMPU6050 connection " + result
        self._output += b"\r\nOffset: %.2f\t%.2f\t%.2f\r\n" % tuple(self._offset)

    def _read(self, t: float) -> NDArray[np.float64]:
        if not self._connected:
            return np.zeros(3)
        accel = np.asarray(self._motion(t), np.float64)[:3]
        counts = np.round(accel / STANDARD_GRAVITY * LSB_PER_G)
        return np.clip(counts, -2 * LSB_PER_G, 2 * LSB_PER_G - 1) / LSB_PER_G
