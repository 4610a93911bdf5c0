"""The dialogue with a board that uses the framed protocol: commands out, samples in."""

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

TIMEOUT = 1.0  # s without an answer or a sample after which a command is sent (again)
FULL_SCALE = 32768
SETTINGS = ("rate_hz", "accel_g", "gyro_dps")
ATTEMPTS = 3  # at setting up a board that answers with other settings
STOP_COMMAND = b"\0" + frame(STOP.pack())


class FramedStream:
    """Decodes bytes to samples. It uses neither port nor clock, so tests can reach every state.

    No sample is delivered before a HELLO has given its scale; until then the board is sent
    ASK_HELLO.
    """

    channels = MOTION

    def __init__(self, requirements: Mapping[str, Any]) -> None:
        self.health = Health()
        self._requirements = {
            name: round(requirements[name]) for name in SETTINGS if name in requirements
        }
        self._decoder = FrameDecoder(protocol.FROM_BOARD, self.health)
        self._clock = DeviceClock()
        self._hello: dict[str, Any] = {}
        self._scale = np.zeros(6)
        self._status: dict[str, int] = {}
        self._restarted = False
        self._to_send: list[bytes] = []
        self._attempts = 0
        self._last_sample = self._last_command = -np.inf

    @property
    def rate(self) -> float:
        return float(self._hello["rate_hz"])

    @property
    def board(self) -> str:
        """Firmware, settings and sensor of the board, for messages."""
        text = "{firmware} {version}: {rate_hz} Hz, +-{accel_g} g, +-{gyro_dps} deg/s"
        return (text + ", sensor 0x{who_am_i:02X}").format(**self._hello)

    def describe(self) -> dict[str, Any]:
        """See `Source.describe`; while the board is unplugged its sensor is unknown."""
        names = ("who_am_i", "accel_g", "gyro_dps")
        sensor = {name: self._hello[name] for name in names if name in self._hello}
        return {**sensor, "restarted": self._restarted, **self._status}

    @property
    def recognised(self) -> bool:
        """Whether the board uses this protocol."""
        return bool(self._hello)

    def ready(self, now: float) -> bool:
        """Whether the board has the required settings, or had the time to report others."""
        return self.recognised and (not self._differences() or now - self._last_command > TIMEOUT)

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
            elif payload[0] == SAMPLE.number and self._hello:
                self._last_sample = now
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
                self._handle_status(STATUS.unpack(payload))
        last = self._chunk(times, rows)
        if not parts:
            return last
        parts.append(last)
        return Chunk(
            np.concatenate([part.t for part in parts]),
            np.concatenate([part.values for part in parts]),
        )

    def outgoing(self, now: float) -> bytes:
        """Return the commands to be sent to the board now."""
        if not self._to_send and now - max(self._last_sample, self._last_command) > TIMEOUT:
            self._last_command = now
            self._to_send = [ASK_HELLO.pack()]
            if self._hello:
                self._to_send.append(START.pack())
        data = b"".join(map(frame, self._to_send))
        self._to_send.clear()
        return b"\0" + data if data else b""

    def interrupted(self) -> None:
        """The connection was interrupted: another board may answer, which must send a HELLO."""
        self._decoder.reset()
        self._clock.interrupted()
        self._hello = {}
        self._attempts = 0
        self._last_sample = self._last_command = -np.inf

    def _handle_hello(self, payload: bytes, now: float) -> None:
        _, version, schema = protocol.HELLO_HEAD.structure.unpack_from(payload)
        if (version, schema) != (protocol.VERSION, protocol.SCHEMA) or len(payload) != HELLO.size:
            raise SourceError(
                f"the board uses protocol {version} (layout {schema:08x}), this program "
                f"{protocol.VERSION} ({protocol.SCHEMA:08x}): flash the firmware that came with "
                "this version of edge-sense"
            )
        new = not self._hello
        self._hello = HELLO.unpack(payload)
        if not all(self._hello[name] for name in SETTINGS):
            raise SourceError(
                f"the board reports an impossible setting ({self.board}): check its sensor and "
                "restart it"
            )
        units = [STANDARD_GRAVITY * self._hello["accel_g"]] * 3
        units += [DEGREE * self._hello["gyro_dps"]] * 3
        self._scale = np.array(units) / FULL_SCALE
        if self._hello["booted"]:
            self._restarted |= not self.health.samples  # later, not by opening the port
            self._clock.booted()
            self._status = {}
            self._attempts = 0
        if self._differences() and self._attempts < ATTEMPTS:
            self._attempts += 1
            self._to_send += self._setting_commands()
            self._last_command = now
        if new or self._hello["booted"]:
            self._to_send.append(START.pack())
            self._last_command = now

    def _differences(self) -> set[str]:
        """Return the settings in which the board differs from the requirements."""
        return {name for name, value in self._requirements.items() if self._hello[name] != value}

    def _setting_commands(self) -> list[bytes]:
        target = {name: self._hello[name] for name in SETTINGS} | self._requirements
        differences = self._differences()
        commands = []
        if "rate_hz" in differences:
            commands.append(SET_RATE.pack(rate_hz=target["rate_hz"]))
        if differences - {"rate_hz"}:
            commands.append(SET_RANGE.pack(accel_g=target["accel_g"], gyro_dps=target["gyro_dps"]))
        return commands

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
