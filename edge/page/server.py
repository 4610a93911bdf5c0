"""The server of the page: a thread with an event loop, which the recognition never waits for."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import threading
from collections import deque
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from edge.errors import EdgeError, RuntimeMissing
from edge.page.address import Address

if TYPE_CHECKING:
    from aiohttp import web

log = logging.getLogger(__name__)

BACKLOG = 64
CLOSE_TIMEOUT = 3.0  # s
SHUTDOWN_TIMEOUT = 1.0  # s for requests that are being answered
MAX_PENDING = 200  # messages for the thread of the server that it has not taken yet


class PageServer:
    """Opened before the recognition starts, so that its address is known to be free."""

    def __init__(self, address: Address) -> None:
        self._socket = _listening(address)
        port: int = self._socket.getsockname()[1]
        self.address = address._replace(port=port)
        self.lost = 0
        """Messages that were not sent because the server was too slow."""
        self._calls: deque[tuple[Callable[..., None], tuple[object, ...]]] = deque()
        self._is_woken = False
        self._loop = asyncio.new_event_loop()
        self._stop = asyncio.Event()
        self._thread = threading.Thread(target=self._run, name="edge-page", daemon=True)
        self._app: web.Application
        self._background: list[Callable[[], Awaitable[None]]] = []
        self._on_close: Callable[[], None] = lambda: None

    def start(
        self,
        app: web.Application,
        background: list[Callable[[], Awaitable[None]]],
        on_close: Callable[[], None],
    ) -> None:
        """`background`: what runs beside the requests until the end."""
        self._app, self._background, self._on_close = app, background, on_close
        self._thread.start()

    def call(self, function: Callable[..., None], *arguments: object) -> None:
        """Run a function in the thread of the server, soon; never wait. From any thread."""
        self._calls.append((function, arguments))
        if len(self._calls) > MAX_PENDING:
            self._calls.popleft()
            self.lost += 1
        if not self._is_woken:
            self._is_woken = True
            with contextlib.suppress(RuntimeError):  # the loop is closed
                self._loop.call_soon_threadsafe(self._run_calls)

    def close(self) -> None:
        """Send what is queued, and end the thread."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stop.set)
            self._thread.join(CLOSE_TIMEOUT)
        elif not self._loop.is_closed():
            self._loop.close()
        self._socket.close()

    def _run_calls(self) -> None:
        self._is_woken = False
        while self._calls:
            function, arguments = self._calls.popleft()
            function(*arguments)

    def _run(self) -> None:
        try:
            self._loop.run_until_complete(self._serve())
            self._loop.run_until_complete(self._loop.shutdown_default_executor())
        finally:
            self._loop.close()

    async def _serve(self) -> None:
        from aiohttp import web

        runner = web.AppRunner(self._app, access_log=None, shutdown_timeout=SHUTDOWN_TIMEOUT)
        await runner.setup()
        await web.SockSite(runner, self._socket, backlog=BACKLOG).start()
        tasks = [asyncio.ensure_future(task()) for task in self._background]
        await self._stop.wait()
        self._on_close()
        await asyncio.sleep(0.1)  # the last messages leave
        for task in tasks:
            task.cancel()
        await runner.cleanup()


def _listening(address: Address) -> socket.socket:
    """A socket that listens; EdgeError with the remedy if the address is not free."""
    try:
        import aiohttp  # noqa: F401, to find out whether it is there before anything is opened
    except ImportError:
        raise RuntimeMissing("--page needs aiohttp: pip install 'edge-sense[page]'") from None
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen(BACKLOG)
        listening.setblocking(False)
    except OSError as error:
        listening.close()
        reason = error.strerror or error
        raise EdgeError(
            f"{address.host}:{address.port} cannot be served ({reason}): choose another --page"
        ) from None
    return listening
