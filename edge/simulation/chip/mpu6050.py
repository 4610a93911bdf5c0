"""An emulated MPU6050, or one of its clones: registers, FIFO, sleep mode, and faults.

It answers byte by byte, so it works behind a patched `ioctl` and behind the TWI of a simulated
microcontroller. The motion is a function of time; the clock is the caller's. Not emulated: the
low-pass filters, the DMP, the auxiliary bus, the interrupt pin.

The register map is not shared with the driver, so that an error in one of the two shows in tests.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge.samples import DEGREE, STANDARD_GRAVITY

SMPLRT_DIV, CONFIG, GYRO_CONFIG, ACCEL_CONFIG, FIFO_EN = 0x19, 0x1A, 0x1B, 0x1C, 0x23
INT_STATUS, DATA, DATA_END, USER_CTRL, PWR_MGMT_1 = 0x3A, 0x3B, 0x49, 0x6A, 0x6B
FIFO_COUNT_H, FIFO_COUNT_L, FIFO_R_W, WHO_AM_I = 0x72, 0x73, 0x74, 0x75
READ_ONLY = {*range(INT_STATUS, DATA_END), FIFO_COUNT_H, FIFO_COUNT_L, WHO_AM_I}

DEVICE_RESET, SLEEP = 0x80, 0x40  # PWR_MGMT_1
FIFO_ENABLE, FIFO_RESET = 0x40, 0x04  # USER_CTRL
OVERFLOW, DATA_READY = 0x10, 0x01  # INT_STATUS
FIFO_SOURCES = ((0x08, 0, 6), (0x80, 6, 8), (0x40, 8, 10), (0x20, 10, 12), (0x10, 12, 14))

GYRO_LSB = (131.0, 65.5, 32.8, 16.4)  # per deg/s, rounded as in the datasheet
START_UP = 0.05  # s without an answer after power-on or DEVICE_RESET; the datasheet allows 0.1


@dataclass(frozen=True)
class ChipKind:
    """The differences between the chips that are sold as an MPU6050."""

    fifo: int = 1024
    """Bytes."""
    power: int = 0x40
    """PWR_MGMT_1 after a reset: the 65xx and 92xx start without sleep mode."""
    zero_celsius: float = 36.53
    """Temperature at which the temperature register is 0."""
    lsb_per_celsius: float = 340.0


CHIP_KINDS = {0x68: ChipKind(), 0x98: ChipKind(4096, 0x40, 25.0, 326.8)} | {
    who: ChipKind(512, 0x01, 21.0, 333.87) for who in (0x70, 0x71, 0x72, 0x73)
}


class EmulatedMPU6050:
    """`motion(t)` returns ax, ay, az in m/s^2 and gx, gy, gz in rad/s; called once a sample."""

    def __init__(
        self,
        motion: Callable[[float], NDArray[np.floating]],
        clock: Callable[[], float],
        who_am_i: int = 0x68,
        address: int = 0x68,
        rate_error: float = 0.0,
    ) -> None:
        self.motion, self.clock, self.address = motion, clock, address
        self.who_am_i = who_am_i
        self.kind = CHIP_KINDS.get(who_am_i, ChipKind())
        self.rate_error = rate_error
        self.temperature = 25.0
        self.powered = True
        self._silent_until = -np.inf
        self._nacks = 0
        self._last_fifo_byte = 0
        self._reset()

    # Faults

    def nack(self, transfers: int = 0, seconds: float = 0.0) -> None:
        """Do not acknowledge the next `transfers` start conditions, nor any within `seconds`."""
        self._nacks += transfers
        self._silent_until = max(self._silent_until, self.clock() + seconds)

    def power_off(self) -> None:
        self.powered = False

    def power_on(self) -> None:
        self.powered = True
        self._reset()
        self.nack(seconds=START_UP)

    def power_cycle(self) -> None:
        """Switch the power off and on at once, as a loose wire does."""
        self.power_off()
        self.power_on()

    # The bus, byte by byte

    def start(self, address: int, read: bool) -> bool:
        """START or repeated START; return whether the chip acknowledges."""
        if address != self.address or not self.powered or self.clock() < self._silent_until:
            return False
        if self._nacks:
            self._nacks -= 1
            return False
        self._advance()
        self._latched = bytes(self._registers[DATA:DATA_END])
        self._expects_register = not read
        return True

    def write(self, value: int) -> bool:
        """Take a byte from the master: first the register number, then values."""
        if self._expects_register:
            self._pointer, self._expects_register = value & 0x7F, False
            return True
        self._store(self._pointer, value)
        if self._pointer != FIFO_R_W:
            self._pointer = (self._pointer + 1) & 0x7F
        return True

    def read(self) -> int:
        """Return a byte for the master."""
        register = self._pointer
        if register == FIFO_R_W:
            return self._pop()
        self._pointer = (register + 1) & 0x7F
        if DATA <= register < DATA_END:
            return self._latched[register - DATA]
        if register == FIFO_COUNT_H:  # reading the high byte latches both
            self._registers[FIFO_COUNT_H : FIFO_COUNT_L + 1] = len(self._fifo).to_bytes(2, "big")
        value = self._registers[register]
        if register == INT_STATUS:
            self._registers[INT_STATUS] = 0
        return value

    def stop(self) -> None:
        """STOP."""

    # Internals

    def _reset(self) -> None:
        self._registers = bytearray(128)
        self._registers[PWR_MGMT_1] = self.kind.power
        self._registers[WHO_AM_I] = self.who_am_i
        self._fifo = bytearray()
        self._pointer, self._expects_register, self._latched = 0, False, bytes(DATA_END - DATA)
        self._sampling_since, self._taken = self.clock(), 0

    @property
    def period(self) -> float:
        """Seconds between two samples, with the error of the oscillator."""
        gyro_rate = 8000 if self._registers[CONFIG] & 7 in (0, 7) else 1000
        return (1 + self._registers[SMPLRT_DIV]) / gyro_rate / (1 + self.rate_error)

    def _advance(self) -> None:
        """Take the samples that have become due since the last call."""
        now = self.clock()
        if self._registers[PWR_MGMT_1] & SLEEP:
            return
        due = int((now - self._sampling_since) / self.period)
        visible = self.kind.fifo // 2 + 1  # older ones have left the FIFO, even at 2 bytes a sample
        for index in range(max(self._taken, due - visible), due):
            self._sample(self._sampling_since + (index + 1) * self.period)
        self._taken = due

    def _sample(self, t: float) -> None:
        accel_lsb = 16384 >> (self._registers[ACCEL_CONFIG] >> 3 & 3)
        gyro_lsb = GYRO_LSB[self._registers[GYRO_CONFIG] >> 3 & 3]
        temperature = (self.temperature - self.kind.zero_celsius) * self.kind.lsb_per_celsius
        motion = np.asarray(self.motion(t), dtype=np.float64)
        measured = np.concatenate(
            [
                motion[:3] / STANDARD_GRAVITY * accel_lsb,
                [temperature],
                motion[3:] / DEGREE * gyro_lsb,
            ]
        )
        data = np.clip(np.rint(measured), -32768, 32767).astype(">i2").tobytes()
        self._registers[DATA:DATA_END] = data
        self._registers[INT_STATUS] |= DATA_READY
        if self._registers[USER_CTRL] & FIFO_ENABLE:
            for bit, start, end in FIFO_SOURCES:
                if self._registers[FIFO_EN] & bit:
                    self._fifo += data[start:end]
            if len(self._fifo) > self.kind.fifo:
                del self._fifo[: -self.kind.fifo]
                self._registers[INT_STATUS] |= OVERFLOW

    def _store(self, register: int, value: int) -> None:
        if register in READ_ONLY or register == FIFO_R_W:
            return
        if register == PWR_MGMT_1 and value & DEVICE_RESET:
            self._reset()
            self.nack(seconds=START_UP)
            return
        if register == USER_CTRL and value & FIFO_RESET:
            if not value & FIFO_ENABLE:
                self._fifo.clear()
            value &= ~FIFO_RESET
        changed = self._registers[register] != value
        self._registers[register] = value
        if changed and register in (SMPLRT_DIV, CONFIG, PWR_MGMT_1):
            self._sampling_since, self._taken = self.clock(), 0

    def _pop(self) -> int:
        self._advance()
        if self._fifo and self._registers[USER_CTRL] & FIFO_ENABLE:
            self._last_fifo_byte = self._fifo.pop(0)
        return self._last_fifo_byte
