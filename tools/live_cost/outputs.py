"""Outputs and servers of `kws-listen`, with the program at their other side: a broker that takes
the events, a reader of the metrics, a client that sends the sound."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from tests.support.mqtt_broker import Broker, free_port
from tools.compare_peers.sounds import RATE
from tools.live_cost.feeds import Feed, PacedSound, Pipe

BLOCK_S = 0.064  # as Home Assistant sends sound
SCRAPE_INTERVAL_S = 5.0  # Prometheus reads less often by default
CONNECT_TIMEOUT_S = 30.0


@contextmanager
def plain(sound: bytes) -> Iterator[Feed]:
    yield Pipe(sound, BLOCK_S)


@contextmanager
def mqtt(sound: bytes, broker: Broker) -> Iterator[Feed]:
    yield Pipe(sound, BLOCK_S, ("--pcm", "--mqtt", f"mqtt://127.0.0.1:{broker.port}"))


@contextmanager
def metrics(sound: bytes) -> Iterator[Feed]:
    port, ended = free_port(), threading.Event()

    def scrape() -> None:
        while not ended.wait(SCRAPE_INTERVAL_S):
            with (
                contextlib.suppress(urllib.error.URLError),
                urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as answer,
            ):
                answer.read()

    reader = threading.Thread(target=scrape)
    reader.start()
    try:
        yield Pipe(sound, BLOCK_S, ("--pcm", "--metrics", str(port)))
    finally:
        ended.set()
        reader.join()


@contextmanager
def wyoming(sound: bytes) -> Iterator[Feed]:
    with contextlib.closing(WyomingClient(sound, free_port())) as client:
        yield client


class WyomingClient(PacedSound):
    """Sends the sound over the Wyoming protocol, in real time."""

    def __init__(self, sound: bytes, port: int) -> None:
        super().__init__(sound, BLOCK_S)
        self.port = port
        self.options: tuple[str, ...] = ("--wyoming", f"tcp://127.0.0.1:{port}")
        self._connection: socket.socket | None = None

    def play(self, stdin: IO[bytes], seconds: float) -> None:
        self._connection = connection = self._connection or self._connect()
        for block in self.blocks(seconds):
            chunk = {
                "type": "audio-chunk",
                "data": {"rate": RATE, "width": 2, "channels": 1},
                "payload_length": len(block),
            }
            connection.sendall(json.dumps(chunk).encode() + b"\n" + block)

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()

    def _connect(self) -> socket.socket:
        until = time.monotonic() + CONNECT_TIMEOUT_S
        while True:
            try:
                return socket.create_connection(("127.0.0.1", self.port))
            except OSError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.05)
