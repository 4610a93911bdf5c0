"""An MPU6050 on an I2C bus, such as the one on pins 3 and 5 of a Raspberry Pi."""

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
from edge.source.i2c.mpu6050 import ADDRESSES, FIFO_BYTES, SAMPLE_BYTES, FifoLost, SensorReset
from edge.source.sample_clock import SampleClock

log = logging.getLogger(__name__)

POLL_INTERVAL = 0.05  # s ...
LONGEST_POLL_INTERVAL = 0.2  # ... and at most, if no event can come earlier; ...
MOST_SAMPLES = 20  # ... of the 85 that the FIFO holds
OUTAGE = 0.5  # s without an answer before the user is warned
EMPTY_POLLS = 30  # polls without a sample before the sensor is set up again
BUS_GONE_ERRNOS = (errno.ENODEV, errno.EBADF)  # the bus itself is gone, such as a USB adapter


class I2CSource(Source):
    """Recovers from NACKs, FIFO overflow and power loss, and counts the lost samples.

    `t` is the host's monotonic clock since the stream began, see `sample_clock`. While the sensor
    does not answer, samples are lost only once its FIFO overflows.
    """

    channels = MOTION
    is_device = True

    def __init__(self, bus: int, address: int | None, requirements: Mapping[str, Any]) -> None:
        self.number, self.address, self.requirements = bus, address, requirements
        self.health = Health()
        self._clock = time.monotonic
        self._sleep = time.sleep

    @classmethod
    def add_options(cls, parser: argparse._ArgumentGroup) -> None:
        parser.add_argument(
            "--i2c", type=int, metavar="BUS", help="read an MPU6050 on /dev/i2c-BUS (usually 1)"
        )
        parser.add_argument(
            "--address",
            type=address,
            metavar="ADDRESS",
            help="with --i2c: 0x68 or 0x69 (default: the address at which a sensor answers)",
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
        self._start = self._last_answer = self._clock()
        self._empty_polls = 0
        self._stamps = SampleClock(self.rate, 0.0)
        self._away = self._set_up_again = False
        self._warned: set[str] = set()
        # What must be done before the FIFO can be read: its content at the start is old.
        self._repair: Callable[[], None] | None = self._sensor.restart_fifo
        while True:
            chunk = self._poll()
            yield chunk
            wait = self.wanted_t - float(chunk.t[-1]) if len(chunk) else 0.0
            wait = max(POLL_INTERVAL, min(wait, LONGEST_POLL_INTERVAL))
            self._sleep(min(wait, MOST_SAMPLES / self.rate))

    def describe(self) -> dict[str, Any]:
        return {"device": f"/dev/i2c-{self.number}", **self._sensor.describe()}

    def _set_up(self) -> None:
        self._sensor = find_sensor(self._bus, self.number, self.address, self.health)
        try:
            requirements = {**HAND_MOTION, **self.requirements}
            self._sensor.set_requirements(
                requirements["accel_g"], requirements["gyro_dps"], requirements["rate_hz"]
            )
            self._configure()
        except SourceError:
            raise
        except (OSError, SensorReset) as error:
            raise SourceError(
                "the sensor answers but cannot be set up: check that its wires are short and "
                "firmly connected and that it has 3.3 V"
            ) from error
        self.rate = self._sensor.rate

    def _configure(self) -> None:
        self._sensor.configure(self._sleep)

    def _poll(self) -> Chunk:
        samples = np.empty((0, 6), np.int16)
        before = after = self._clock()
        try:
            if self._repair:
                self._repair()
                self._count_lost()
                self._repair = None
            samples, before, after = self._sensor.read(self._clock)
            self._report_return()
        except FifoLost as error:
            self._repair = self._sensor.restart_fifo
            self._warn_once(f"{error}: some samples are lost")
        except SensorReset:
            self.health.errors += 1
            self._repair = self._configure
            self._report_outage("the sensor lost power or was reset: setting it up again")
        except OSError as error:
            self._handle_no_answer(error)
        else:
            self._last_answer = self._clock()
        if len(samples):
            return self._deliver(samples, before, after)
        if self._repair:
            self._count_lost()
        self._check_empty_polls()
        return Chunk.empty(len(MOTION))

    def _handle_no_answer(self, error: OSError) -> None:
        if error.errno in BUS_GONE_ERRNOS:
            raise SourceError(
                f"/dev/i2c-{self.number} is gone: plug the adapter in again and restart"
            ) from error
        self._empty_polls = 0  # those count only while the sensor answers
        now = self._clock()
        if now - self._last_answer > OUTAGE:
            self._report_outage(
                f"the sensor does not answer ({error.strerror}): check power and wires; "
                "retrying until it answers"
            )
        if now - self._last_answer > FIFO_BYTES / SAMPLE_BYTES / self.rate:
            self._repair = self._repair or self._sensor.restart_fifo

    def _report_outage(self, message: str) -> None:
        if not self._away:
            log.warning(message)
            self.health.device_lost(message)
        self._away = True

    def _report_return(self) -> None:
        if self._away:
            self.health.device_found()
            log.warning("the sensor is back; %d samples are lost so far", self.health.lost)
        self._away = False

    def _warn_once(self, message: str) -> None:
        if message not in self._warned:
            log.warning(message)
            self.health.degraded(message)
            self._warned.add(message)

    def _count_lost(self) -> None:
        """Count all samples up to now that have not been delivered as lost."""
        self.health.lost += self._stamps.skip(self._clock() - self._start)

    def _check_empty_polls(self) -> None:
        self._empty_polls += 1
        if self._empty_polls < EMPTY_POLLS:
            return
        if self._set_up_again:
            raise SourceError(
                f"the sensor on i2c-{self.number} answers but gives no samples: unplug it for a "
                "moment; if that does not help, it is broken"
            )
        self._empty_polls, self._set_up_again, self._repair = 0, True, self._configure

    def _deliver(self, samples: NDArray[np.int16], before: float, after: float) -> Chunk:
        self._empty_polls, self._set_up_again = 0, False
        is_clipped = (samples == 32767) | (samples == -32768)
        if is_clipped.any():
            self._warn_once(self._sensor.clipping_advice(is_clipped))
            self.health.clipped += int(is_clipped.any(axis=1).sum())
        chunk = Chunk(
            self._stamps.stamp(len(samples), before - self._start, after - self._start),
            (samples * self._sensor.scale).astype(np.float32),
            captured=after,
        )
        self.health.count(chunk)
        return chunk


def address(text: str) -> int:
    """Parse the sensor's address on the bus, for argparse."""
    number = int(text, 0)
    if number not in ADDRESSES:
        raise argparse.ArgumentTypeError(f"{text}: an MPU6050 has the address 0x68 or 0x69")
    return number
