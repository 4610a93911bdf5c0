"""The server: one thread, which answers each client when its messages come."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator
from time import monotonic
from typing import NamedTuple
from urllib.parse import urlsplit

import numpy as np

from edge.errors import EdgeError
from edge.events import Detection
from edge.samples import Chunk
from edge.sink.output import Output
from edge.text import one_line
from edge.wyoming.announce import announced
from edge.wyoming.protocol import Message, MessageParser, Refused, error
from edge.wyoming.service import WakeService
from edge.wyoming.session import Session

log = logging.getLogger(__name__)

PORT = 10400  # as other wake-word services
MAX_CLIENTS = 200
IDLE_TIMEOUT = 600.0  # s without a message after which a client is disconnected
MAX_UNREAD = 1 << 16  # bytes of answers that a client may leave unread
REFUSED_TIMEOUT = 1.0  # s in which a refused client can read why
EARLY = 0.003  # s before the expected arrival of sound at which the server reads on
POLL_INTERVAL = 0.25  # s
BACKLOG = 256


class Address(NamedTuple):
    host: str
    port: int

    def __str__(self) -> str:
        return f"tcp://{self.host}:{self.port}"


def parse_address(text: str) -> Address:
    """ValueError with a message for the user if it is not tcp://HOST:PORT."""
    parts = urlsplit(text)
    try:
        port = PORT if parts.port is None else parts.port
    except ValueError:
        port = -1
    if parts.scheme != "tcp" or not parts.hostname or port < 0 or parts.path.strip("/"):
        raise ValueError(f"{text} is not an address: give tcp://HOST:PORT, tcp://0.0.0.0:{PORT}")
    return Address(parts.hostname, port)


class WyomingServer:
    def __init__(self, address: Address, service: WakeService, output: Output) -> None:
        self.address, self.service, self._output = address, service, output
        self.clients: set[Client] = set()
        self._failure: Exception | None = None

    def run(self, name: str, stopping: Callable[[], bool]) -> None:
        """Serve until `stopping` says so, or an output fails."""
        asyncio.run(self._run(name, stopping))

    def show(self, event: Detection) -> None:
        """Pass an event to the outputs of the command."""
        try:
            self._output.show(event)
        except OSError as failure:
            self._failure = failure

    async def _run(self, name: str, stopping: Callable[[], bool]) -> None:
        loop = asyncio.get_running_loop()
        try:
            server = await loop.create_server(lambda: Client(self), *self.address, backlog=BACKLOG)
        except OSError as failure:
            reason = failure.strerror or failure
            raise EdgeError(
                f"{self.address} cannot be served ({reason}): choose another --wyoming"
            ) from None
        self.address = self.address._replace(port=server.sockets[0].getsockname()[1])
        log.info("Wyoming clients are served at %s", self.address)
        nothing = Chunk(np.empty(0), np.empty((0, 1), np.float32))
        async with announced(self.address.host, self.address.port, name):
            while not stopping() and self._failure is None:
                await asyncio.sleep(POLL_INTERVAL)
                self.service.apply_controls()
                for client in list(self.clients):
                    client.close_if_idle()
                self._output.progress(self.service.health, nothing)
        server.close()
        for client in list(self.clients):
            client.abort()
        await asyncio.sleep(0)  # so that the connections are closed
        if self._failure is not None:
            raise self._failure


class Client(asyncio.Protocol):
    """One connection."""

    _transport: asyncio.Transport

    def __init__(self, server: WyomingServer) -> None:
        self._server = server
        self._parser, self._session = MessageParser(), Session(server.service)
        self._answers: Iterator[Message | Detection | None] = iter(())
        self._is_working = False  # with more to do after the other clients have had their turn
        self._is_refused = False
        self._last = self._read_at = monotonic()
        self._received_s = 0.0  # what the session had received at that time

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._server.clients.add(self)
        if len(self._server.clients) > MAX_CLIENTS:
            self._refuse(Refused(f"there are {MAX_CLIENTS} clients already: try later", "busy"))

    def data_received(self, data: bytes) -> None:
        if self._is_refused:
            return
        self._last = monotonic()
        self._parser.feed(data)
        if not self._is_working:
            self._work()

    def eof_received(self) -> bool:
        return False  # the connection is closed

    def connection_lost(self, exc: Exception | None) -> None:
        self._server.clients.discard(self)
        self._is_refused = True
        self._session.close()

    def close_if_idle(self) -> None:
        if self._last < monotonic() - IDLE_TIMEOUT:
            self.abort()

    def abort(self) -> None:
        self._transport.abort()

    def _work(self) -> None:
        """Answer what has come, up to a point where the other clients have their turn."""
        self._is_working = False
        try:
            while not self._is_refused:
                for answer in self._answers:
                    if answer is None:
                        self._work_later()
                        return
                    self._give(answer)
                message = self._parser.next_message()
                if message is None:
                    self._wait_for_more()
                    return
                self._answers = self._session.handle(message)
        except Refused as refused:
            self._refuse(refused)

    def _wait_for_more(self) -> None:
        """Read on; of a client that sends in real time, when an event can come.

        Each wake-up costs more than the work, and a client sends 16 messages a second.
        """
        now, received_s = monotonic(), self._session.received_s
        in_real_time = received_s - self._received_s < 2 * (now - self._read_at)
        self._read_at, self._received_s = now, received_s
        pause = self._session.missing_s - EARLY
        if in_real_time and pause > EARLY:
            self._transport.pause_reading()
            asyncio.get_running_loop().call_later(pause, self._transport.resume_reading)
        else:
            self._transport.resume_reading()

    def _work_later(self) -> None:
        self._is_working = True
        self._transport.pause_reading()
        asyncio.get_running_loop().call_soon(self._work)

    def _give(self, answer: Message | Detection) -> None:
        if isinstance(answer, Detection):
            self._server.show(answer)
        elif self._transport.get_write_buffer_size() > MAX_UNREAD:
            log.warning("a Wyoming client at %s reads no answers: it is disconnected", self._name)
            self.abort()
        else:
            self._transport.write(answer.encode())

    def _refuse(self, refused: Refused) -> None:
        """Say why, and close the connection when that could be read.

        At once, what the client has sent already would reset the connection before it reads.
        """
        self._is_refused = True
        self._session.close()
        log.warning("a Wyoming client at %s is refused: %s", self._name, one_line(str(refused)))
        self._transport.write(error(refused).encode())
        self._transport.write_eof()
        self._transport.resume_reading()
        asyncio.get_running_loop().call_later(REFUSED_TIMEOUT, self._transport.abort)

    @property
    def _name(self) -> str:
        return str((self._transport.get_extra_info("peername") or ["?"])[0])
