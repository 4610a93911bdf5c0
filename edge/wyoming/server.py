"""The server: connections of clients, one task each, in one thread."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
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
from edge.wyoming.protocol import MAX_HEADER, Message, Refused, error, read_message
from edge.wyoming.service import WakeService
from edge.wyoming.session import Session

log = logging.getLogger(__name__)

PORT = 10400  # as other wake-word services
MAX_CLIENTS = 200
IDLE_TIMEOUT = 600.0  # s without a message after which a client is disconnected
SEND_TIMEOUT = 10.0  # s in which a client must take an answer
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
        self.address, self._service, self._output = address, service, output
        self._clients: dict[asyncio.Task[None], float] = {}  # when the last message came
        self._failure: Exception | None = None

    def run(self, name: str, stopping: Callable[[], bool]) -> None:
        """Serve until `stopping` says so, or an output fails."""
        asyncio.run(self._run(name, stopping))

    async def _run(self, name: str, stopping: Callable[[], bool]) -> None:
        try:
            server = await asyncio.start_server(
                self._accept, *self.address, limit=MAX_HEADER, backlog=BACKLOG
            )
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
                self._service.apply_controls()
                self._disconnect_idle()
                self._output.progress(self._service.health, nothing)
        server.close()
        for task in self._clients:
            task.cancel()
        await asyncio.gather(*self._clients, return_exceptions=True)
        if self._failure is not None:
            raise self._failure

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._clients[task] = monotonic()
        try:
            await self._serve(task, reader, writer)
        except (OSError, asyncio.TimeoutError, asyncio.CancelledError):
            log.debug("a Wyoming client went away")
        finally:
            del self._clients[task]
            writer.close()
            with contextlib.suppress(OSError, asyncio.CancelledError):
                await asyncio.wait_for(writer.wait_closed(), SEND_TIMEOUT)

    async def _serve(
        self,
        task: asyncio.Task[None],
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        session = Session(self._service)
        try:
            if len(self._clients) > MAX_CLIENTS:
                raise Refused(f"there are {MAX_CLIENTS} clients already: try again later", "busy")
            while True:
                message = await read_message(reader)
                if message is None:
                    return
                self._clients[task] = monotonic()
                for answer in session.handle(message):
                    if answer is None:
                        await asyncio.sleep(0)
                    elif isinstance(answer, Detection):
                        self._show(answer)
                    else:
                        await _send(writer, answer)
        except Refused as refused:
            log.warning(
                "a Wyoming client at %s is refused: %s", _address(writer), one_line(str(refused))
            )
            await _send(writer, error(refused))
            # What it has sent already would otherwise reset the connection before it reads.
            with contextlib.suppress(asyncio.TimeoutError):
                writer.write_eof()
                await asyncio.wait_for(_discard(reader), 1.0)
        finally:
            session.close()

    def _disconnect_idle(self) -> None:
        for task, last in self._clients.items():
            if last < monotonic() - IDLE_TIMEOUT:
                task.cancel()

    def _show(self, event: Detection) -> None:
        try:
            self._output.show(event)
        except OSError as failure:
            self._failure = failure


async def _send(writer: asyncio.StreamWriter, message: Message) -> None:
    writer.write(message.encode())
    await asyncio.wait_for(writer.drain(), SEND_TIMEOUT)


async def _discard(reader: asyncio.StreamReader) -> None:
    while await reader.read(MAX_HEADER):
        pass


def _address(writer: asyncio.StreamWriter) -> str:
    return str((writer.get_extra_info("peername") or ["?"])[0])
