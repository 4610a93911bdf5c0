"""The dialogue with one client: its words, its stream of sound, and what was detected in it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from math import ceil
from time import monotonic

import numpy as np

from edge.chain import Chain
from edge.events import Detection
from edge.samples import Health
from edge.source.sound_stream import SoundStream
from edge.wyoming.protocol import Message, Refused
from edge.wyoming.service import WakeService

# Sound is collected until a word can end in it, at most this long, and processed at once, because
# that is cheaper. A client that sends faster gets a turn with as much.
MOST = 0.2  # s
LEAST = 0.04  # s, between two windows of the models


class Session:
    def __init__(self, service: WakeService) -> None:
        self._service = service
        self._names: set[str] | None = None  # the words that the client waits for; None for all
        self._chain: Chain | None = None
        self._sound: SoundStream
        self._started = 0  # the client's time in ms at which the stream began
        self.received_s = 0.0
        """Seconds of sound that the client has sent."""
        self._chunk_size = 0  # bytes of the client's last one
        self._waiting = b""  # sound that is not processed yet
        self._detected = False  # since the stream began

    def handle(self, message: Message) -> Iterator[Message | Detection | None]:
        """Answers to a message, detections, and None where other clients may have their turn.

        Refused if the client must be told that it does something wrong.
        """
        if message.kind == "describe":
            yield self._service.info()
        elif message.kind == "ping":
            yield Message("pong", {"text": message.data.get("text")})
        elif message.kind == "detect":
            self._choose(message.data.get("names"))
        elif message.kind == "audio-start":
            self._check_format(message)
            yield from self._finish()
            self._begin(message)
        elif message.kind == "audio-chunk":
            self._check_format(message)
            if self._chain is None:
                self._begin(message)
            yield from self._feed(message.payload)
        elif message.kind == "audio-stop":
            yield from self._finish()

    @property
    def missing_s(self) -> float:
        """Seconds of sound, in whole chunks, until the next event can come; 0 without a stream."""
        if self._chain is None or not self._chunk_size:
            return 0.0
        size = 2 * self._wanted(self._chain) - len(self._waiting)
        return ceil(size / self._chunk_size) * self._chunk_size / self._bytes_s

    @property
    def _bytes_s(self) -> int:
        """Bytes of one second of sound."""
        return 2 * self._service.rate

    def close(self) -> None:
        if self._chain is not None:
            self._service.end_stream(self._chain)
            self._chain = None

    def _choose(self, names: object) -> None:
        if not names:
            self._names = None
            return
        known = self._service.words
        chosen = [str(name) for name in names] if isinstance(names, list) else [str(names)]
        unknown = [name for name in chosen if name not in known]
        if unknown:
            raise Refused(
                f"there is no word {unknown[0][:50]!r}: choose from {', '.join(known)}",
                "unknown-name",
            )
        self._names = set(chosen)

    def _check_format(self, message: Message) -> None:
        found = tuple(message.data.get(key) for key in ("rate", "width", "channels"))
        if found != (self._service.rate, 2, 1):
            rate, width, channels = (str(value)[:20] for value in found)
            raise Refused(
                f"the sound has {rate} samples a second of {width} bytes in {channels} channels: "
                f"send {self._service.rate} samples of 2 bytes in 1 channel",
                "audio-format",
            )
        if len(message.payload) % 2:
            raise Refused("a chunk of sound ends in the middle of a sample", "audio-format")

    def _begin(self, message: Message) -> None:
        timestamp = message.data.get("timestamp")
        self._started = timestamp if isinstance(timestamp, int) else 0
        self._chain = self._service.begin_stream()
        self._sound = SoundStream(self._service.rate, self._service.rate, Health())
        self._waiting, self._detected = b"", False

    def _feed(self, payload: bytes) -> Iterator[Message | Detection | None]:
        assert self._chain is not None
        self._waiting += payload
        self._chunk_size = len(payload)
        self.received_s += len(payload) / self._bytes_s
        while len(self._waiting) >= (size := 2 * self._wanted(self._chain)):
            part, self._waiting = self._waiting[:size], self._waiting[size:]
            yield from self._process(part)
            if self._waiting:
                yield None

    def _wanted(self, chain: Chain) -> int:
        """The number of samples to wait for."""
        until = min(chain.next_event_t(), self._sound.end + MOST)
        return self._sound.frames_until(until) or round(LEAST * self._service.rate)

    def _process(self, part: bytes) -> Iterator[Message | Detection]:
        assert self._chain is not None
        samples = np.frombuffer(part, "<i2").astype(np.float32)[:, None] / np.float32(32768)
        self._service.health.count_elsewhere(len(samples))
        chunk = self._sound.feed(samples, monotonic())
        if self._service.controls.listening:
            yield from self._answers(self._chain.process(chunk))

    def _finish(self) -> Iterator[Message | Detection | None]:
        """End the stream, if there is one."""
        if self._chain is None:
            return
        yield from self._process(self._waiting)
        yield from self._answers(self._chain.process(self._sound.finish()))
        yield from self._answers(self._chain.finish())
        self.close()
        if not self._detected:
            yield Message("not-detected")

    def _answers(self, events: Iterable[object]) -> Iterator[Message | Detection]:
        for event in events:
            if isinstance(event, Detection) and (not self._names or event.label in self._names):
                self._detected = True
                timestamp = self._started + round(1000 * event.t)
                yield Message("detection", {"name": event.label, "timestamp": timestamp})
                yield event
