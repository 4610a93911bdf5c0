"""The samples of a board that uses the framed protocol, in SI units and with time stamps."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

import numpy as np

from edge.samples import DEGREE, MOTION, STANDARD_GRAVITY, Chunk, Health
from edge.source.serial.device_clock import DeviceClock
from edge.source.serial.framed import protocol
from edge.source.serial.framed.dialogue import Dialogue
from edge.source.serial.framed.framing import FrameDecoder
from edge.source.serial.framed.protocol import HELLO, SAMPLE, STATUS

log = logging.getLogger(__name__)

FULL_SCALE = 32768


class FramedStream:
    """Converts bytes to samples. It uses neither port nor clock, so tests can reach every state.

    No sample is delivered before a HELLO has given its scale.
    """

    channels = MOTION

    def __init__(self, requirements: Mapping[str, Any]) -> None:
        self.health = Health()
        self.dialogue = Dialogue(requirements)
        self._decoder = FrameDecoder(protocol.FROM_BOARD, self.health)
        self._clock = DeviceClock()
        self._scale = np.zeros(6)
        self._status: dict[str, int] = {}
        self._restarted = False

    @property
    def rate(self) -> float:
        return float(self.dialogue.hello["rate_hz"])

    def describe(self) -> dict[str, Any]:
        """See `Source.describe`; while the board is unplugged its sensor is unknown."""
        hello = self.dialogue.hello
        names = ("who_am_i", "accel_g", "gyro_dps")
        sensor = {name: hello[name] for name in names if name in hello}
        return {**sensor, "restarted": self._restarted, **self._status}

    def feed(self, data: bytes, now: float) -> Chunk:
        """Return the samples that `data` completes."""
        parts = []
        times: list[float] = []
        rows: list[list[int]] = []
        for payload in self._decoder.feed(data):
            if payload[0] == HELLO.number:
                parts.append(self._chunk(times, rows))  # these have the scale of the last HELLO
                times, rows = [], []
                self._handle_hello(payload, now)
            elif payload[0] == SAMPLE.number and self.dialogue.hello:
                self.dialogue.handle_sample(now)
                _, seq, time_us, *raw = SAMPLE.structure.unpack(payload)
                step = self._clock.step(seq, time_us, self.rate, now)
                if step is None:
                    self.health.errors += 1
                    continue
                if step.restarted:
                    message = f"the board restarted: about {step.lost} samples are missing"
                    log.warning(message)
                    self.health.degraded(message)
                self.health.lost += step.lost
                self.health.clipped += max(raw) == FULL_SCALE - 1 or min(raw) == -FULL_SCALE
                times.append(step.t)
                rows.append(raw)
            elif payload[0] == STATUS.number:
                self._handle_status(STATUS.unpack(payload))
        last = self._chunk(times, rows)
        if not parts:
            return last
        parts.append(last)
        return Chunk(
            np.concatenate([part.t for part in parts]),
            np.concatenate([part.values for part in parts]),
        )

    def interrupted(self) -> None:
        """The connection was interrupted: no sample is delivered before the next HELLO."""
        self._decoder.reset()
        self._clock.interrupted()
        self.dialogue.interrupted()

    def _handle_hello(self, payload: bytes, now: float) -> None:
        self.dialogue.handle_hello(payload, now)
        hello = self.dialogue.hello
        units = [STANDARD_GRAVITY * hello["accel_g"]] * 3 + [DEGREE * hello["gyro_dps"]] * 3
        self._scale = np.array(units) / FULL_SCALE
        if hello["booted"]:
            self._restarted |= not self.health.samples  # later, not by opening the port
            self._clock.booted()
            self._status = {}

    def _handle_status(self, status: dict[str, int]) -> None:
        """Add what the board has counted since the last STATUS to the health."""
        if self._status:
            added = {name: (value - self._status[name]) % 0x10000 for name, value in status.items()}
            if max(added.values()) > 0x8000:  # a counter decreased: the board has restarted
                added = status
            if added["dropped"]:
                log.info("the board could not send %d samples", added["dropped"])
            self.health.errors += sum(added.values()) - added["dropped"]
        self._status = status

    def _chunk(self, times: list[float], rows: list[list[int]]) -> Chunk:
        values = np.array(rows, dtype=np.float64).reshape(-1, 6) * self._scale
        chunk = Chunk(np.array(times, dtype=np.float64), values.astype(np.float32))
        self.health.count(chunk)
        return chunk
