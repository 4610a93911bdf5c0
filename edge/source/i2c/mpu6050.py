"""Driver of the MPU6050 and its clones on smbus2: set-up, and reading through the FIFO.

After each read of the FIFO two registers show whether the FIFO overflowed or the sensor lost its
settings meanwhile. Only then are samples returned: a sample is either right or counted as lost.
Each transfer has one read, as its last message: the Raspberry Pi's controller accepts no others.
"""

from __future__ import annotations

import errno
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.errors import SourceError
from edge.samples import DEGREE, STANDARD_GRAVITY, Health
from edge.source.i2c.mpu6050_registers import (
    ACCEL_AND_GYRO,
    CLOCK_FROM_GYRO,
    DEVICE_RESET,
    FIFO_COUNT,
    FIFO_EN,
    FIFO_ENABLE,
    FIFO_R_W,
    FIFO_RESET,
    INT_ENABLE,
    INT_STATUS,
    OVERFLOW,
    PWR_MGMT_1,
    SLEEP,
    SMPLRT_DIV,
    USER_CTRL,
    WHO_AM_I,
)

ADDRESSES = (0x68, 0x69)  # pin AD0 low or open, high
CHIPS = {  # WHO_AM_I
    0x68: "MPU6050",
    0x70: "MPU6500",
    0x71: "MPU9250",
    0x72: "MPU6500",
    0x73: "MPU9255",
    0x98: "ICM20689",
}
ACCEL_RANGES = {2: 16384.0, 4: 8192.0, 8: 4096.0, 16: 2048.0}  # g: LSB per g
GYRO_RANGES = {250: 131.0, 500: 65.5, 1000: 32.8, 2000: 16.4}  # deg/s: LSB per deg/s
LOW_PASS = {1: 184, 2: 94, 3: 44, 4: 21, 5: 10, 6: 5}  # DLPF_CFG: Hz
SAMPLE_BYTES = 12  # in the FIFO
FIFO_BYTES, LARGEST_FIFO_BYTES = 1024, 4096  # of an MPU6050, of the largest clone

NACK_ERRNOS = (errno.EREMOTEIO, errno.ENXIO)
ATTEMPTS = 3


class SensorReset(Exception):
    """The settings are gone: the sensor lost power, or another program reset it."""


class FifoLost(Exception):
    """The FIFO's content cannot be divided into samples any more; the message says why."""


def smallest_covering(ranges: dict[int, float], required: float) -> int:
    """Return the smallest range that covers the required one, or the largest of all."""
    return next((full for full in ranges if full >= required), max(ranges))


class MPU6050:
    """One sensor on an opened `smbus2.SMBus`. OSError if a transfer fails ATTEMPTS times."""

    def __init__(self, bus: Any, address: int, health: Health) -> None:
        self._bus, self._address, self._health = bus, address, health

    def identify(self) -> int:
        """Return WHO_AM_I: a key of CHIPS, unless it is another kind of chip."""
        return self._read(WHO_AM_I, 1)[0]

    def describe(self) -> dict[str, Any]:
        """See `Source.describe`."""
        return {
            "address": self._address,
            "who_am_i": self._who,
            "asleep": self._was_asleep,
            "accel_g": self.accel_g,
            "gyro_dps": self.gyro_dps,
        }

    def set_requirements(self, accel_g: float, gyro_dps: float, rate_hz: float) -> None:
        """Choose ranges, rate and low-pass filter; `configure` writes them to the sensor."""
        if not 4 <= rate_hz <= 500:
            raise SourceError(f"an MPU6050 cannot sample at {rate_hz:g} Hz: choose 4 to 500 Hz")
        divider = round(1000 / rate_hz)
        self.rate = 1000 / divider
        self.accel_g = smallest_covering(ACCEL_RANGES, accel_g)
        self.gyro_dps = smallest_covering(GYRO_RANGES, gyro_dps)
        accel = STANDARD_GRAVITY / ACCEL_RANGES[self.accel_g]
        gyro = DEGREE / GYRO_RANGES[self.gyro_dps]
        self.scale = np.array([accel] * 3 + [gyro] * 3)
        low_pass = next((code for code, hertz in LOW_PASS.items() if hertz <= self.rate / 2), 6)
        self._settings = [
            divider - 1,
            low_pass,
            list(GYRO_RANGES).index(self.gyro_dps) << 3,
            list(ACCEL_RANGES).index(self.accel_g) << 3,
        ]
        self._who = self.identify()
        self._was_asleep = bool(self._read(PWR_MGMT_1, 1)[0] & SLEEP)
        if self._who != 0x68:  # clones: 0x1A filters only the gyro, 0x1D filters acceleration
            self._settings.append(low_pass)

    def configure(self, sleep: Callable[[float], None]) -> None:
        """Reset the sensor, whatever its state, and start sampling into the FIFO."""
        self._write(PWR_MGMT_1, DEVICE_RESET)
        sleep(0.1)
        self._write(PWR_MGMT_1, CLOCK_FROM_GYRO)
        sleep(0.05)  # start-up time of the gyro
        self._write(SMPLRT_DIV, *self._settings)
        self._write(FIFO_EN, ACCEL_AND_GYRO)
        # INT_ENABLE is 0 after a reset and written last: while it is set, so are all settings.
        self._write(INT_ENABLE, OVERFLOW)
        stored = self._read(SMPLRT_DIV, FIFO_EN - SMPLRT_DIV + 1)
        awake = self._read(PWR_MGMT_1, 1)[0] == CLOCK_FROM_GYRO
        settings_stored = list(stored[: len(self._settings)]) == self._settings
        if not (awake and settings_stored and stored[-1] == ACCEL_AND_GYRO):
            raise SensorReset
        self.restart_fifo()

    def restart_fifo(self) -> None:
        """Empty the FIFO, so that it begins with the first byte of a sample."""
        self._write(USER_CTRL, 0)
        self._write(USER_CTRL, FIFO_RESET)  # works only while the FIFO is off
        self._read(INT_STATUS, 1)  # clears an earlier overflow
        self._write(USER_CTRL, FIFO_ENABLE)

    def read(self, clock: Callable[[], float]) -> tuple[NDArray[np.int16], float, float]:
        """Return all raw samples in the FIFO, and the times before and after they were counted.

        After an OSError nothing was taken out of the FIFO: a later read returns the samples.
        """
        before = clock()
        count = self._fifo_count()
        after = clock()
        if count % SAMPLE_BYTES:
            count = self._fifo_count()  # the sensor may have been writing a sample
        if count % SAMPLE_BYTES or count > LARGEST_FIFO_BYTES:
            raise FifoLost("the sensor's FIFO overflowed")
        try:
            data = self._read(FIFO_R_W, count) if count else b""
        except OSError as error:
            if error.errno in NACK_ERRNOS:  # a NACK ends the read before its first byte
                raise
            raise FifoLost("a read of the FIFO was interrupted") from error
        try:
            enabled, _, status = self._read(INT_ENABLE, INT_STATUS - INT_ENABLE + 1)
        except OSError as error:
            raise FifoLost("the sensor stopped answering") from error
        if enabled != OVERFLOW:
            raise SensorReset
        if status & OVERFLOW:
            raise FifoLost("the sensor's FIFO overflowed")
        return np.frombuffer(data, ">i2").reshape(-1, 6).astype(np.int16), before, after

    def clipping_advice(self, is_clipped: NDArray[np.bool_]) -> str:
        """Return the warning for a user whose motion exceeds the range of an axis."""
        name, full, ranges, unit = "accel_g", self.accel_g, ACCEL_RANGES, "g"
        if not is_clipped[:, :3].any():
            name, full, ranges, unit = "gyro_dps", self.gyro_dps, GYRO_RANGES, "deg/s"
        wider = f", or use a model made for {name} {2 * full}" if full < max(ranges) else ""
        return f"the motion exceeds +-{full} {unit} and is clipped: move more slowly{wider}"

    def _fifo_count(self) -> int:
        return int.from_bytes(self._read(FIFO_COUNT, 2), "big")

    def _read(self, register: int, count: int) -> bytes:
        from smbus2 import i2c_msg

        answer = i2c_msg.read(self._address, count)
        self._transfer(i2c_msg.write(self._address, [register]), answer)
        return bytes(answer)

    def _write(self, register: int, *values: int) -> None:
        from smbus2 import i2c_msg

        self._transfer(i2c_msg.write(self._address, [register, *values]))

    def _transfer(self, *messages: Any) -> None:
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return self._bus.i2c_rdwr(*messages)
            except OSError as error:
                self._health.errors += 1
                if error.errno not in NACK_ERRNOS or attempt == ATTEMPTS:
                    raise
