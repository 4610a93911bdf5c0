"""Messages in and out of a stream of bytes: CRC, COBS, and finding the next frame again."""

from __future__ import annotations

from binascii import crc_hqx
from collections.abc import Iterable, Iterator

from edge.samples import Health
from edge.source.serial.framed.protocol import HELLO, HELLO_HEAD, Message

CRC_START = 0xFFFF
LONGEST = 64  # bytes of one frame on the wire; none is longer, and an AVR has no room for more


def cobs_encode(data: bytes) -> bytes:
    """`data` (under 254 bytes) without zeros: each is replaced by the distance to the next."""
    return b"".join(bytes([len(run) + 1]) + run for run in data.split(b"\0"))


def cobs_decode(data: bytes) -> bytes | None:
    """What was encoded, or None when this cannot have been."""
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
    """A packed message as it goes over the wire."""
    return cobs_encode(payload + crc_hqx(payload, CRC_START).to_bytes(2, "big")) + b"\0"


class FrameDecoder:
    """Takes bytes as they come, gives the payloads whose length, type and CRC are right.

    Whatever else comes is skipped and counted, as an error when it has the length of a frame and as
    garbage when not. It never raises, and keeps at most LONGEST bytes.
    """

    def __init__(self, messages: Iterable[Message], health: Health) -> None:
        messages = tuple(messages)
        self.health = health
        self._sizes = {message.number: message.size for message in messages}
        self._frame_lengths = {message.size + 3 for message in messages}  # CRC, and COBS adds one
        self._rest = b""
        self._in_garbage = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Payloads (type and fields) of the frames that `data` completes."""
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
        if self._in_garbage or len(rest) > LONGEST:
            self.health.garbage += len(rest)
            self._in_garbage = True
        else:
            self._rest = rest

    def forget(self) -> None:
        """The stream was interrupted: what has been begun will not be completed."""
        self.health.garbage += len(self._rest)
        self._rest = b""
        self._in_garbage = False

    def _check(self, segment: bytes) -> bytes | None:
        content = cobs_decode(segment) if len(segment) <= LONGEST else None
        if content and self._fits(content) and crc_hqx(content, CRC_START) == 0:
            return content[:-2]
        if len(segment) in self._frame_lengths:
            self.health.errors += 1
        else:
            self.health.garbage += len(segment) + 1
        return None

    def _fits(self, content: bytes) -> bool:
        size = len(content) - 2
        if content[0] == HELLO.number and HELLO.number in self._sizes:
            # Another version's may be longer or shorter; its head tells who has to be updated.
            return size >= HELLO_HEAD.size
        return size == self._sizes.get(content[0])
