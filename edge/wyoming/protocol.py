"""Messages of the Wyoming protocol: one line of JSON, then optional data and payload.

A message comes from anybody who can reach the port, so every size has a limit.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

MAX_HEADER = 1 << 16  # bytes
MAX_DATA = 1 << 16  # bytes of JSON after the header
MAX_PAYLOAD = 1 << 20  # bytes: half a minute of sound


class Refused(Exception):
    """A message that is answered with an error, after which the connection is closed."""

    def __init__(self, text: str, code: str) -> None:
        super().__init__(text)
        self.code = code


@dataclass(frozen=True)
class Message:
    kind: str
    data: dict[str, Any] = field(default_factory=dict)
    payload: bytes = b""

    def encode(self) -> bytes:
        return json.dumps({"type": self.kind, "data": self.data}).encode() + b"\n"


def error(refused: Refused) -> Message:
    return Message("error", {"text": str(refused), "code": refused.code})


class MessageParser:
    """Cuts the bytes of a connection into messages."""

    def __init__(self) -> None:
        self._bytes = bytearray()
        self._header: dict[str, Any] | None = None  # the one whose data and payload are awaited

    def feed(self, data: bytes) -> None:
        self._bytes += data

    def next_message(self) -> Message | None:
        """The next message; None if it is not complete. Refused if it is none."""
        if self._header is None:
            self._header = self._next_header()
        header = self._header
        if header is None:
            return None
        data_length = _length(header, "data_length", MAX_DATA)
        length = data_length + _length(header, "payload_length", MAX_PAYLOAD)
        if len(self._bytes) < length:
            return None
        body = bytes(self._bytes[:length])
        del self._bytes[:length]
        self._header = None
        kind, data = header.get("type"), header.get("data") or {}
        if not isinstance(kind, str) or not isinstance(data, dict):
            raise _garbage("a message has no type")
        if data_length:
            data = {**data, **_object(body[:data_length])}
        return Message(kind, data, body[data_length:])

    def _next_header(self) -> dict[str, Any] | None:
        end = self._bytes.find(b"\n", 0, MAX_HEADER)
        if end < 0:
            if len(self._bytes) >= MAX_HEADER:
                raise _garbage(f"a header has more than {MAX_HEADER} bytes")
            return None
        line = bytes(self._bytes[:end])
        del self._bytes[: end + 1]
        return _object(line)


def _object(text: bytes) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise _garbage("a message is no JSON object")
    return found


def _length(header: dict[str, Any], key: str, limit: int) -> int:
    length = header.get(key) or 0
    if not isinstance(length, int) or not 0 <= length <= limit:
        raise _garbage(f"{key} is not a number up to {limit}")
    return length


def _garbage(what: str) -> Refused:
    return Refused(f"{what}: this is a Wyoming service, check the client", "protocol")
