"""The conversation with a board that speaks the framed protocol: commands out, samples in."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

import numpy as np

from edge.errors import SourceError
from edge.samples import DEGREE, MOTION, STANDARD_GRAVITY, Chunk, Health
from edge.source.serial.device_clock import DeviceClock
from edge.source.serial.framed import protocol
from edge.source.serial.framed.framing import FrameDecoder, frame
from edge.source.serial.framed.protocol import (
    ASK_HELLO,
    HELLO,
    SAMPLE,
    SET_RANGE,
    SET_RATE,
    START,
    STATUS,
    STOP,
)

log = logging.getLogger(__name__)

PATIENCE = 1.0  # s that the board has for an answer, or to go on, before it is asked (again)
FULL_SCALE = 32768
SETTINGS = ("rate_hz", "accel_g", "gyro_dps")
ATTEMPTS = 3  # at setting up a board that answers with something else
GOODBYE = b"\0" + frame(STOP.pack())


class FramedStream:
    """Reads no port and no clock, so that each of its states can be had in a test.

    No sample is delivered before a HELLO has told its scale; without one the board is asked.
    """

    channels = MOTION

    def __init__(self, wanted: Mapping[str, Any]) -> None:
        self.health = Health()
        self._wanted = {name: round(wanted[name]) for name in SETTINGS if name in wanted}
        self._decoder = FrameDecoder(protocol.FROM_BOARD, self.health)
        self._clock = DeviceClock()
        self._hello: dict[str, Any] = {}
        self._scale = np.zeros(6)
        self._status: dict[str, int] = {}
        self._restarted = False
        self._to_send: list[bytes] = []
        self._attempts = 0
        self._heard = self._asked = -np.inf

    @property
    def rate(self) -> float:
        return float(self._hello["rate_hz"])

    @property
    def board(self) -> str:
        said = "{firmware} {version}: {rate_hz} Hz, +-{accel_g} g, +-{gyro_dps} deg/s"
        return (said + ", sensor 0x{who_am_i:02X}").format(**self._hello)

    def describe(self) -> dict[str, Any]:
        """See `Source.describe`; of a board that is unplugged the sensor is not known."""
        names = ("who_am_i", "accel_g", "gyro_dps")
        told = {name: self._hello[name] for name in names if name in self._hello}
        return {**told, "restarted": self._restarted, **self._status}

    @property
    def recognised(self) -> bool:
        """Is this a board that speaks the protocol?"""
        return bool(self._hello)

    def ready(self, now: float) -> bool:
        """Is it set up as wanted, or has it had the time to say what it does instead?"""
        return self.recognised and (not self._differences() or now - self._asked > PATIENCE)

    def feed(self, data: bytes, now: float) -> Chunk:
        """The samples that `data` completes."""
        parts = []
        times: list[float] = []
        rows: list[list[int]] = []
        for payload in self._decoder.feed(data):
            if payload[0] == HELLO.number:
                parts.append(self._chunk(times, rows))  # by the scale that was theirs
                times, rows = [], []
                self._greet(payload, now)
            elif payload[0] == SAMPLE.number and self._hello:
                self._heard = now
                _, seq, time_us, *raw = SAMPLE.structure.unpack(payload)
                step = self._clock.step(seq, time_us, self.rate, now)
                if step is None:
                    self.health.errors += 1
                    continue
                if step.restarted:
                    log.warning("the board restarted: about %d samples are missing", step.lost)
                self.health.lost += step.lost
                self.health.clipped += max(raw) == FULL_SCALE - 1 or min(raw) == -FULL_SCALE
                times.append(step.t)
                rows.append(raw)
            elif payload[0] == STATUS.number:
                self._book(STATUS.unpack(payload))
        last = self._chunk(times, rows)
        if not parts:
            return last
        parts.append(last)
        return Chunk(
            np.concatenate([part.t for part in parts]),
            np.concatenate([part.values for part in parts]),
        )

    def outgoing(self, now: float) -> bytes:
        """What the board has to be told now."""
        if not self._to_send and now - max(self._heard, self._asked) > PATIENCE:
            self._asked = now
            self._to_send = [ASK_HELLO.pack()]
            if self._hello:
                self._to_send.append(START.pack())
        data = b"".join(map(frame, self._to_send))
        self._to_send.clear()
        return b"\0" + data if data else b""

    def interrupted(self) -> None:
        """The line was cut: whoever is there next has to introduce itself."""
        self._decoder.forget()
        self._clock.interrupted()
        self._hello = {}
        self._attempts = 0
        self._heard = self._asked = -np.inf

    def _greet(self, payload: bytes, now: float) -> None:
        _, spoken, schema = protocol.HELLO_HEAD.structure.unpack_from(payload)
        if (spoken, schema) != (protocol.VERSION, protocol.SCHEMA) or len(payload) != HELLO.size:
            raise SourceError(
                f"the board speaks protocol {spoken} (layout {schema:08x}), this program "
                f"{protocol.VERSION} ({protocol.SCHEMA:08x}): flash the firmware that came with "
                "this version of edge-sense"
            )
        new = not self._hello
        self._hello = HELLO.unpack(payload)
        if not all(self._hello[name] for name in SETTINGS):
            raise SourceError(
                f"the board introduces itself with an impossible setting ({self.board}): "
                "check its sensor and restart it"
            )
        units = [STANDARD_GRAVITY * self._hello["accel_g"]] * 3
        units += [DEGREE * self._hello["gyro_dps"]] * 3
        self._scale = np.array(units) / FULL_SCALE
        if self._hello["booted"]:
            self._restarted |= not self.health.samples  # later it was not the opening
            self._clock.booted()
            self._status = {}
            self._attempts = 0
        if self._differences() and self._attempts < ATTEMPTS:
            self._attempts += 1
            self._to_send += self._settings()
            self._asked = now
        if new or self._hello["booted"]:
            self._to_send.append(START.pack())
            self._asked = now

    def _differences(self) -> set[str]:
        return {name for name, value in self._wanted.items() if self._hello[name] != value}

    def _settings(self) -> list[bytes]:
        target = {name: self._hello[name] for name in SETTINGS} | self._wanted
        differing = self._differences()
        commands = []
        if "rate_hz" in differing:
            commands.append(SET_RATE.pack(rate_hz=target["rate_hz"]))
        if differing - {"rate_hz"}:
            commands.append(SET_RANGE.pack(accel_g=target["accel_g"], gyro_dps=target["gyro_dps"]))
        return commands

    def _book(self, status: dict[str, int]) -> None:
        if self._status:
            grown = {name: (value - self._status[name]) % 0x10000 for name, value in status.items()}
            if max(grown.values()) > 0x8000:  # went down: the board has restarted
                grown = status
            if grown["dropped"]:
                log.info("the board could not send %d samples", grown["dropped"])
            self.health.errors += sum(grown.values()) - grown["dropped"]
        self._status = status

    def _chunk(self, times: list[float], rows: list[list[int]]) -> Chunk:
        values = np.array(rows, dtype=np.float64).reshape(-1, 6) * self._scale
        chunk = Chunk(np.array(times, dtype=np.float64), values.astype(np.float32))
        self.health.count(chunk)
        return chunk
