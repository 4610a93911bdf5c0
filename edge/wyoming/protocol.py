"""Messages of the Wyoming protocol: one line of JSON, then optional data and payload.

A message comes from anybody who can reach the port, so every size has a limit.
"""

from __future__ import annotations

import json
from asyncio import IncompleteReadError, StreamReader
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


async def read_message(reader: StreamReader) -> Message | None:
    """The next message; None at the end of the connection. Refused if it is none."""
    try:
        line = await reader.readline()
        if not line:
            return None
        header = _object(line)
        kind, data = header.get("type"), header.get("data") or {}
        if not isinstance(kind, str) or not isinstance(data, dict):
            raise _garbage("a message has no type")
        more = await reader.readexactly(_length(header, "data_length", MAX_DATA))
        payload = await reader.readexactly(_length(header, "payload_length", MAX_PAYLOAD))
    except IncompleteReadError:
        return None
    except ValueError:  # of readline: the line is longer than the limit of the reader
        raise _garbage(f"a header has more than {MAX_HEADER} bytes") from None
    return Message(kind, {**data, **_object(more)} if more else data, payload)


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
