"""The dialogue with a board that uses the framed protocol: which commands it is sent, and when."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from edge.errors import SourceError
from edge.source.serial.framed import protocol
from edge.source.serial.framed.framing import frame
from edge.source.serial.framed.protocol import ASK_HELLO, HELLO, SET_RANGE, SET_RATE, START, STOP

TIMEOUT = 1.0  # s without an answer or a sample after which a command is sent (again)
ATTEMPTS = 3  # at setting up a board that answers with other settings
SETTINGS = ("rate_hz", "accel_g", "gyro_dps")
STOP_COMMAND = b"\0" + frame(STOP.pack())


class Dialogue:
    """Asks the board for a HELLO, sets it up as required, and starts its stream."""

    def __init__(self, requirements: Mapping[str, Any]) -> None:
        self.hello: dict[str, Any] = {}
        """The board's last HELLO; empty before the first one."""
        self._requirements = {
            name: round(requirements[name]) for name in SETTINGS if name in requirements
        }
        self._to_send: list[bytes] = []
        self._attempts = 0
        self._last_sample = self._last_command = -np.inf

    def __str__(self) -> str:
        """Firmware, settings and sensor of the board, for messages."""
        text = "{firmware} {version}: {rate_hz} Hz, +-{accel_g} g, +-{gyro_dps} deg/s"
        return (text + ", sensor 0x{who_am_i:02X}").format(**self.hello)

    def ready(self, now: float) -> bool:
        """Whether the board has the required settings, or had the time to report others."""
        return bool(self.hello) and (not self._differences() or now - self._last_command > TIMEOUT)

    def handle_sample(self, now: float) -> None:
        self._last_sample = now

    def handle_hello(self, payload: bytes, now: float) -> None:
        """SourceError if this program cannot use the board."""
        new = not self.hello
        self.hello = self._checked(payload)
        if self.hello["booted"]:
            self._attempts = 0
        if self._differences() and self._attempts < ATTEMPTS:
            self._attempts += 1
            self._to_send += self._setting_commands()
            self._last_command = now
        if new or self.hello["booted"]:
            self._to_send.append(START.pack())
            self._last_command = now

    def outgoing(self, now: float) -> bytes:
        """Return the commands to be sent to the board now."""
        if not self._to_send and now - max(self._last_sample, self._last_command) > TIMEOUT:
            self._last_command = now
            self._to_send = [ASK_HELLO.pack()]
            if self.hello:
                self._to_send.append(START.pack())
        data = b"".join(map(frame, self._to_send))
        self._to_send.clear()
        return b"\0" + data if data else b""

    def interrupted(self) -> None:
        """The connection was interrupted: another board may answer, which must send a HELLO."""
        self.hello = {}
        self._attempts = 0
        self._last_sample = self._last_command = -np.inf

    def _checked(self, payload: bytes) -> dict[str, Any]:
        """Return the fields of a HELLO that this program can use."""
        _, version, schema = protocol.HELLO_HEAD.structure.unpack_from(payload)
        if (version, schema) != (protocol.VERSION, protocol.SCHEMA) or len(payload) != HELLO.size:
            raise SourceError(
                f"the board uses protocol {version} (layout {schema:08x}), this program "
                f"{protocol.VERSION} ({protocol.SCHEMA:08x}): flash the firmware that came with "
                "this version of edge-sense"
            )
        hello = HELLO.unpack(payload)
        if not all(hello[name] for name in SETTINGS):
            settings = ", ".join(f"{name} {hello[name]}" for name in SETTINGS)
            raise SourceError(
                f"the board reports an impossible setting ({settings}): check its sensor and "
                "restart it"
            )
        return hello

    def _differences(self) -> set[str]:
        """Return the settings in which the board differs from the requirements."""
        return {name for name, value in self._requirements.items() if self.hello[name] != value}

    def _setting_commands(self) -> list[bytes]:
        target = {name: self.hello[name] for name in SETTINGS} | self._requirements
        differences = self._differences()
        commands = []
        if "rate_hz" in differences:
            commands.append(SET_RATE.pack(rate_hz=target["rate_hz"]))
        if differences - {"rate_hz"}:
            commands.append(SET_RANGE.pack(accel_g=target["accel_g"], gyro_dps=target["gyro_dps"]))
        return commands
