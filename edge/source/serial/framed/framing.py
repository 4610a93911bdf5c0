"""Frames in a stream of bytes: CRC, COBS, and resynchronisation after damage."""

from __future__ import annotations

from binascii import crc_hqx
from collections.abc import Iterable, Iterator

from edge.samples import Health
from edge.source.serial.framed.protocol import HELLO, HELLO_HEAD, Message

CRC_START = 0xFFFF
LONGEST_FRAME = 64  # bytes on the wire; the buffers of an AVR have no room for more


def cobs_encode(data: bytes) -> bytes:
    """Return `data` (under 254 bytes) without zeros: each becomes the distance to the next one."""
    return b"".join(bytes([len(run) + 1]) + run for run in data.split(b"\0"))


def cobs_decode(data: bytes) -> bytes | None:
    """Return the decoded bytes, or None if `data` is not valid COBS."""
    runs = []
    at = 0
    while at < len(data):
        end = at + data[at]
        if end == at or end > len(data):
            return None
        runs.append(data[at + 1 : end])
        at = end
    return b"\0".join(runs)


def frame(payload: bytes) -> bytes:
    """Return the frame that carries a packed message."""
    return cobs_encode(payload + crc_hqx(payload, CRC_START).to_bytes(2, "big")) + b"\0"


class FrameDecoder:
    """Takes bytes in pieces of any size, yields the payloads with the right length, type and CRC.

    All other bytes are skipped and counted: as an error if they have the length of a frame, else
    as garbage. It never raises, and buffers at most LONGEST_FRAME bytes.
    """

    def __init__(self, messages: Iterable[Message], health: Health) -> None:
        messages = tuple(messages)
        self.health = health
        self._sizes = {message.number: message.size for message in messages}
        self._frame_lengths = {message.size + 3 for message in messages}  # CRC, and COBS adds one
        self._rest = b""
        self._in_garbage = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Yield the payloads (type and fields) of the frames that `data` completes."""
        *segments, rest = (self._rest + data).split(b"\0")
        self._rest = b""
        for segment in segments:
            if self._in_garbage:
                self._in_garbage = False
                self.health.garbage += len(segment) + 1
            elif segment:
                payload = self._check(segment)
                if payload is not None:
                    yield payload
        if self._in_garbage or len(rest) > LONGEST_FRAME:
            self.health.garbage += len(rest)
            self._in_garbage = True
        else:
            self._rest = rest

    def reset(self) -> None:
        """Discard an incomplete frame: the stream was interrupted and will not complete it."""
        self.health.garbage += len(self._rest)
        self._rest = b""
        self._in_garbage = False

    def _check(self, segment: bytes) -> bytes | None:
        content = cobs_decode(segment) if len(segment) <= LONGEST_FRAME else None
        if content and self._has_known_size(content) and crc_hqx(content, CRC_START) == 0:
            return content[:-2]
        if len(segment) in self._frame_lengths:
            self.health.errors += 1
        else:
            self.health.garbage += len(segment) + 1
        return None

    def _has_known_size(self, content: bytes) -> bool:
        size = len(content) - 2
        if content[0] == HELLO.number and HELLO.number in self._sizes:
            # The HELLO of another version may have another length; its head names the version.
            return size >= HELLO_HEAD.size
        return size == self._sizes.get(content[0])
