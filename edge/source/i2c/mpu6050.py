"""The MPU6050 and its clones: set up, and read through the FIFO, on smbus2.

What the FIFO held is handed out only after a look at two registers proved that the sensor neither
overflowed nor lost its settings meanwhile, so a sample is either right or counted as lost. Each
transfer has one read, as its last message: the Raspberry Pi's controller accepts no others.
"""

from __future__ import annotations

import errno
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.errors import SourceError
from edge.samples import DEGREE, STANDARD_GRAVITY, Health

ADDRESSES = (0x68, 0x69)  # pin AD0 low or open, high
CHIPS = {
    0x68: "MPU6050",
    0x70: "MPU6500",
    0x71: "MPU9250",
    0x72: "MPU6500",
    0x73: "MPU9255",
    0x98: "ICM20689",
}
SMPLRT_DIV, FIFO_EN, INT_ENABLE, INT_STATUS = 0x19, 0x23, 0x38, 0x3A
USER_CTRL, PWR_MGMT_1, FIFO_COUNT, FIFO_R_W, WHO_AM_I = 0x6A, 0x6B, 0x72, 0x74, 0x75

DEVICE_RESET, SLEEP = 0x80, 0x40  # PWR_MGMT_1
CLOCK_FROM_GYRO = 0x01  # there as well, and the steadier one
FIFO_ENABLE, FIFO_RESET = 0x40, 0x04  # USER_CTRL
ACCEL_AND_GYRO = 0x78  # FIFO_EN
OVERFLOW = 0x10  # INT_ENABLE, INT_STATUS

ACCEL_RANGES = {2: 16384.0, 4: 8192.0, 8: 4096.0, 16: 2048.0}  # g: LSB per g
GYRO_RANGES = {250: 131.0, 500: 65.5, 1000: 32.8, 2000: 16.4}  # deg/s: LSB per deg/s
FILTERS = {1: 184, 2: 94, 3: 44, 4: 21, 5: 10, 6: 5}  # DLPF_CFG: Hz
PACKET = 12  # bytes of a sample in the FIFO
FIFO_BYTES, FIFO_LARGEST = 1024, 4096  # of an MPU6050, of a clone

NACKED = (errno.EREMOTEIO, errno.ENXIO)
ATTEMPTS = 3


class SensorReset(Exception):
    """The settings are gone: the sensor lost power, or somebody reset it."""


class FifoLost(Exception):
    """What the FIFO holds can no longer be told apart into samples; says why."""


def covering(ranges: dict[int, float], need: float) -> int:
    """The smallest range that covers the need, or the largest there is."""
    return next((full for full in ranges if full >= need), max(ranges))


class MPU6050:
    """One sensor on an opened `smbus2.SMBus`. OSError where the bus fails after a few attempts."""

    def __init__(self, bus: Any, address: int, health: Health) -> None:
        self._bus, self._address, self._health = bus, address, health

    def identify(self) -> int:
        """What WHO_AM_I says; one of CHIPS, or it is another kind of chip."""
        return self._read(WHO_AM_I, 1)[0]

    def describe(self) -> dict[str, Any]:
        """See `Source.describe`."""
        told = {"address": self._address, "who_am_i": self._who, "asleep": self._slept}
        return {**told, "accel_g": self.accel_g, "gyro_dps": self.gyro_dps}

    def set_needs(self, accel_g: float, gyro_dps: float, rate_hz: float) -> None:
        """Choose ranges, rate and filter: to be written by `configure`."""
        if not 4 <= rate_hz <= 500:
            raise SourceError(f"an MPU6050 cannot give {rate_hz:g} Hz: ask for 4 to 500 Hz")
        divider = round(1000 / rate_hz)
        self.rate = 1000 / divider
        self.accel_g = covering(ACCEL_RANGES, accel_g)
        self.gyro_dps = covering(GYRO_RANGES, gyro_dps)
        accel = STANDARD_GRAVITY / ACCEL_RANGES[self.accel_g]
        gyro = DEGREE / GYRO_RANGES[self.gyro_dps]
        self.scale = np.array([accel] * 3 + [gyro] * 3)
        low_pass = next((code for code, hertz in FILTERS.items() if hertz <= self.rate / 2), 6)
        self._settings = [
            divider - 1,
            low_pass,
            list(GYRO_RANGES).index(self.gyro_dps) << 3,
            list(ACCEL_RANGES).index(self.accel_g) << 3,
        ]
        self._who = self.identify()
        self._slept = bool(self._read(PWR_MGMT_1, 1)[0] & SLEEP)
        if self._who != 0x68:  # there, 0x1A filters the gyro alone, and 0x1D acceleration
            self._settings.append(low_pass)

    def configure(self, sleep: Callable[[float], None]) -> None:
        """From whatever state it is in to sampling into the FIFO."""
        self._write(PWR_MGMT_1, DEVICE_RESET)
        sleep(0.1)
        self._write(PWR_MGMT_1, CLOCK_FROM_GYRO)
        sleep(0.05)  # the gyro's start-up
        self._write(SMPLRT_DIV, *self._settings)
        self._write(FIFO_EN, ACCEL_AND_GYRO)
        # Zero after a reset, and written last: while it is set, so is all the rest.
        self._write(INT_ENABLE, OVERFLOW)
        kept = self._read(SMPLRT_DIV, FIFO_EN - SMPLRT_DIV + 1)
        awake = self._read(PWR_MGMT_1, 1)[0] == CLOCK_FROM_GYRO
        settled = list(kept[: len(self._settings)]) == self._settings
        if not (awake and settled and kept[-1] == ACCEL_AND_GYRO):
            raise SensorReset
        self.restart_fifo()

    def restart_fifo(self) -> None:
        """Empty it, so that it begins with the first byte of a sample."""
        self._write(USER_CTRL, 0)
        self._write(USER_CTRL, FIFO_RESET)  # works only while the FIFO is off
        self._read(INT_STATUS, 1)  # forget an overflow
        self._write(USER_CTRL, FIFO_ENABLE)

    def read(self, clock: Callable[[], float]) -> tuple[NDArray[np.int16], float, float]:
        """All samples in the FIFO, raw; and the times around the look at how many there are.

        After an OSError nothing has been taken out of the FIFO: try again later.
        """
        before = clock()
        count = self._fifo_count()
        after = clock()
        if count % PACKET:
            count = self._fifo_count()  # perhaps it was just writing one
        if count % PACKET or count > FIFO_LARGEST:
            raise FifoLost("the sensor's FIFO overflowed")
        try:
            data = self._read(FIFO_R_W, count) if count else b""
        except OSError as error:
            if error.errno in NACKED:  # that ends a read before its first byte
                raise
            raise FifoLost("a read broke off half way") from error
        try:
            enabled, _, status = self._read(INT_ENABLE, INT_STATUS - INT_ENABLE + 1)
        except OSError as error:
            raise FifoLost("the sensor stopped answering") from error
        if enabled != OVERFLOW:
            raise SensorReset
        if status & OVERFLOW:
            raise FifoLost("the sensor's FIFO overflowed")
        return np.frombuffer(data, ">i2").reshape(-1, 6).astype(np.int16), before, after

    def advice(self, on_rail: NDArray[np.bool_]) -> str:
        """What to tell a user whose motion goes beyond the range."""
        name, full, ranges, unit = "accel_g", self.accel_g, ACCEL_RANGES, "g"
        if not on_rail[:, :3].any():
            name, full, ranges, unit = "gyro_dps", self.gyro_dps, GYRO_RANGES, "deg/s"
        wider = f", or use a model made for {name} {2 * full}" if full < max(ranges) else ""
        return f"the motion goes beyond +-{full} {unit} and is clipped: move less fast{wider}"

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
                if error.errno not in NACKED or attempt == ATTEMPTS:
                    raise
