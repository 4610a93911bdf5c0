"""An MPU6050 on an I2C bus, such as the one on a Raspberry Pi's pins 3 and 5."""

from __future__ import annotations

import argparse
import errno
import logging
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.errors import SourceError
from edge.samples import MOTION, Chunk, Health
from edge.source import HAND_MOTION, Source
from edge.source.i2c.bus import find_sensor, open_bus
from edge.source.i2c.mpu6050 import ADDRESSES, FIFO_BYTES, PACKET, FifoLost, SensorReset
from edge.source.sample_clock import SampleClock

log = logging.getLogger(__name__)

POLL = 0.05  # s between two looks into the FIFO
OUTAGE = 0.5  # s without an answer after which the user hears of it
SILENCE = 30  # answers without a sample, one a poll, after which the sensor is set up again
GONE = (errno.ENODEV, errno.EBADF)  # the bus itself, say a USB adapter


class I2CSource(Source):
    """Survives NACKs, overflow and power loss: goes on by itself and counts what was lost.

    `t` is the host's monotonic clock since the stream began, see `sample_clock`. What happens
    while the sensor does not answer is not lost until its FIFO overflows.
    """

    channels = MOTION

    def __init__(self, bus: int, address: int | None, requirements: Mapping[str, Any]) -> None:
        self.number, self.address, self.requirements = bus, address, requirements
        self.health = Health()
        self._clock = time.monotonic
        self._sleep = time.sleep

    @classmethod
    def add_options(cls, parser: argparse._ArgumentGroup) -> None:
        parser.add_argument(
            "--i2c", type=int, metavar="BUS", help="read an MPU6050 on /dev/i2c-BUS (mostly 1)"
        )
        parser.add_argument(
            "--address",
            type=address,
            metavar="ADDRESS",
            help="with --i2c: 0x68 or 0x69 (default: where the sensor is found)",
        )

    @classmethod
    def from_options(
        cls, args: argparse.Namespace, requirements: Mapping[str, Any]
    ) -> Source | None:
        return None if args.i2c is None else cls(args.i2c, args.address, requirements)

    def __enter__(self) -> Source:
        self._bus = open_bus(self.number)
        try:
            self._set_up()
        except BaseException:
            self._bus.close()
            raise
        return self

    def __exit__(self, *exc: object) -> None:
        self._bus.close()

    def __iter__(self) -> Iterator[Chunk]:
        self._start = self._answered = self._clock()
        self._silence = 0
        self._stamps = SampleClock(self.rate, 0.0)
        self._away = self._silent = False
        self._said: set[str] = set()
        # What must be done before the FIFO can be read: whatever it holds now is old.
        self._repair: Callable[[], None] | None = self._sensor.restart_fifo
        while True:
            yield self._poll()
            self._sleep(min(POLL, 20 / self.rate))

    def describe(self) -> dict[str, Any]:
        return {"device": f"/dev/i2c-{self.number}", **self._sensor.describe()}

    def _set_up(self) -> None:
        self._sensor = find_sensor(self._bus, self.number, self.address, self.health)
        try:
            requirements = {**HAND_MOTION, **self.requirements}
            self._sensor.set_needs(
                requirements["accel_g"], requirements["gyro_dps"], requirements["rate_hz"]
            )
            self._configure()
        except SourceError:
            raise
        except (OSError, SensorReset) as error:
            raise SourceError(
                "the sensor answers but cannot be set up: check that its wires are short and "
                "firm and that it has 3.3 V"
            ) from error
        self.rate = self._sensor.rate

    def _configure(self) -> None:
        self._sensor.configure(self._sleep)

    def _poll(self) -> Chunk:
        packets = np.empty((0, 6), np.int16)
        before = after = self._clock()
        try:
            if self._repair:
                self._repair()
                self._skip()
                self._repair = None
            packets, before, after = self._sensor.read(self._clock)
            self._is_back()
        except FifoLost as fault:
            self._repair = self._sensor.restart_fifo
            self._warn_once(f"{fault}: some samples are lost")
        except SensorReset:
            self.health.errors += 1
            self._repair = self._configure
            self._is_away("the sensor lost power or was reset: setting it up again")
        except OSError as error:
            self._wait_out(error)
        else:
            self._answered = self._clock()
        if len(packets):
            return self._deliver(packets, before, after)
        if self._repair:
            self._skip()
        self._check_silence()
        return Chunk(np.empty(0), np.empty((0, 6), np.float32))

    def _wait_out(self, error: OSError) -> None:
        if error.errno in GONE:
            raise SourceError(
                f"/dev/i2c-{self.number} is gone: plug the adapter in again and start anew"
            ) from error
        self._silence = 0  # who does not answer is not silent but away
        now = self._clock()
        if now - self._answered > OUTAGE:
            self._is_away(
                f"the sensor does not answer ({error.strerror}): check power and wires; "
                "waiting for it to come back"
            )
        if now - self._answered > FIFO_BYTES / PACKET / self.rate:
            self._repair = self._repair or self._sensor.restart_fifo

    def _is_away(self, what: str) -> None:
        if not self._away:
            log.warning(what)
        self._away = True

    def _is_back(self) -> None:
        if self._away:
            self.health.reconnects += 1
            log.warning("the sensor is back; %d samples were lost so far", self.health.lost)
        self._away = False

    def _warn_once(self, message: str) -> None:
        if message not in self._said:
            log.warning(message)
            self._said.add(message)

    def _skip(self) -> None:
        """Everything up to now that has not been delivered is lost."""
        self.health.lost += self._stamps.skip(self._clock() - self._start)

    def _check_silence(self) -> None:
        self._silence += 1
        if self._silence < SILENCE:
            return
        if self._silent:
            raise SourceError(
                f"the sensor on i2c-{self.number} answers but gives no samples: unplug it for a "
                "moment; if that does not help, it is broken"
            )
        self._silence, self._silent, self._repair = 0, True, self._configure

    def _deliver(self, packets: NDArray[np.int16], before: float, after: float) -> Chunk:
        self._silence, self._silent = 0, False
        on_rail = (packets == 32767) | (packets == -32768)
        if on_rail.any():
            self._warn_once(self._sensor.advice(on_rail))
            self.health.clipped += int(on_rail.any(axis=1).sum())
        chunk = Chunk(
            self._stamps.stamp(len(packets), before - self._start, after - self._start),
            (packets * self._sensor.scale).astype(np.float32),
        )
        self.health.count(chunk)
        return chunk


def address(text: str) -> int:
    """Where a sensor may be on the bus, as an option gives it."""
    number = int(text, 0)
    if number not in ADDRESSES:
        raise argparse.ArgumentTypeError(f"{text}: an MPU6050 sits at 0x68 or 0x69")
    return number
