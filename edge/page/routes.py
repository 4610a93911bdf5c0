"""The addresses of the page: docs/page.md lists them."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from socket import SO_SNDBUF, SOL_SOCKET
from typing import TYPE_CHECKING, Any

from edge.page.access import MAX_BODY, Access
from edge.page.answers import Refused, body, file_answer, in_thread, json_answer
from edge.page.clients import Client
from edge.page.review_routes import review_routes
from edge.page.take_routes import take_routes
from edge.page.teach_routes import teach_routes

if TYPE_CHECKING:
    from aiohttp import web

    from edge.page.page import Page

STATIC = Path(__file__).with_name("static")
TYPES = {
    ".html": "text/html",
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
}
PING_S = 20.0  # between two signs of life: a browser that does not answer is disconnected
SEND_BUFFER = 1 << 16  # bytes that the system stores for a browser that does not read


def application(page: Page) -> web.Application:
    from aiohttp import web

    access = Access(page.server.address, page.token)
    app = web.Application(middlewares=[access.middleware()], client_max_size=MAX_BODY)
    routes = Routes(page)
    app.add_routes(
        [
            web.get("/", routes.file),
            web.get("/static/{name}", routes.file),
            web.get("/api/state", routes.state),
            web.get("/api/health", routes.health),
            web.get("/api/events", routes.events),
            web.get("/ws", routes.socket),
            web.post("/api/settings", routes.change_settings),
            web.post("/api/settings/save", routes.save_settings),
            *take_routes(page),
            *teach_routes(page),
            *review_routes(page),
        ]
    )
    return app


class Routes:
    def __init__(self, page: Page) -> None:
        self._page = page
        # Read once: a request can never name a path.
        self._files = {
            path.name: path.read_bytes() for path in STATIC.iterdir() if path.suffix in TYPES
        }

    async def file(self, request: web.Request) -> web.Response:
        name = request.match_info.get("name", "index.html")
        if name not in self._files:
            raise Refused(404, "there is no such file")
        return file_answer(self._files[name], TYPES[Path(name).suffix])

    async def state(self, request: web.Request) -> web.Response:
        return json_answer(self._page.state())

    async def health(self, request: web.Request) -> web.Response:
        return json_answer(self._page.health())

    async def change_settings(self, request: web.Request) -> web.Response:
        """Change thresholds (see `Tuning.change`), or pause with `listening`."""
        values = await body(request)
        listening = values.get("listening")
        if isinstance(listening, bool):
            self._page.info.controls.listening = listening
        if values.keys() - {"listening"}:
            self._page.tuning.change(values)
        self._page.send_state()
        return json_answer(self._page.state())

    async def save_settings(self, request: web.Request) -> web.Response:
        path = await in_thread(self._page.tuning.save)
        return json_answer({"saved": str(path)})

    async def events(self, request: web.Request) -> web.StreamResponse:
        """Server-sent events: the events so far, and then each event, as with --json."""
        from aiohttp import web

        client = self._connected(Client(wants_live=False))
        try:
            answer = web.StreamResponse(
                headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"}
            )
            await answer.prepare(request)
            _limit_buffer(request)
            client.on_drop = lambda: _abort(request)
            lines = _after(self._page.sink.backlog, request.headers.get("Last-Event-ID", ""))
            while not client.dropped:
                await answer.write(b"".join(map(_server_sent, lines)) or b": no event\n\n")
                messages = await client.next_messages(PING_S)
                lines = [line for line in messages if line.startswith('{"event"')]
        except ConnectionError:
            pass
        finally:
            self._page.clients.remove(client)
        return answer

    async def socket(self, request: web.Request) -> web.WebSocketResponse:
        """The state and the events so far, and then each event and the live view."""
        from aiohttp import WSMsgType, web

        client = self._connected(Client(wants_live=True))
        socket = web.WebSocketResponse(heartbeat=PING_S, max_msg_size=MAX_BODY, compress=False)
        writer = None
        try:
            await socket.prepare(request)
            _limit_buffer(request)
            client.on_drop = lambda: _abort(request)
            writer = asyncio.ensure_future(self._write(socket, client))
            async for message in socket:
                if message.type == WSMsgType.TEXT:
                    self._received(client, message.data)
        finally:
            self._page.clients.remove(client)
            if writer is not None:
                writer.cancel()
            if request.transport is not None and request.transport.get_write_buffer_size():
                _abort(request)  # it does not read: to close would wait until it does
        return socket

    async def _write(self, socket: web.WebSocketResponse, client: Client) -> None:
        page = self._page
        hello = {
            "client": client.name,
            "state": page.state(),
            "events": [json.loads(line) for line in page.sink.backlog],
            "record": page.recorder.state(),
            "teach": page.teaching.teacher.state(),
        }
        try:
            await socket.send_str(json.dumps(hello))
            while not client.dropped:
                for message in await client.next_messages():
                    await socket.send_str(message)
        except ConnectionError:
            pass
        await socket.close()

    def _received(self, client: Client, text: str) -> None:
        """A browser tells whether its page is shown."""
        try:
            visible = json.loads(text)["visible"]
        except (ValueError, TypeError, KeyError, RecursionError):
            return
        if isinstance(visible, bool):
            client.wants_live = visible
            self._page.clients.changed()

    def _connected(self, client: Client) -> Client:
        if not self._page.clients.add(client):
            raise Refused(503, "too many browsers are connected")
        return client


def _limit_buffer(request: web.Request) -> None:
    """By default the system would store megabytes for each browser that does not read."""
    if request.transport is not None:
        connection = request.transport.get_extra_info("socket")
        connection.setsockopt(SOL_SOCKET, SO_SNDBUF, SEND_BUFFER)


def _abort(request: web.Request) -> None:
    if request.transport is not None:
        request.transport.abort()


def _after(lines: Any, last_id: str) -> list[str]:
    """The lines that follow the event with this id; all if it is unknown."""
    known = list(lines)
    for index, line in enumerate(known):
        if last_id and json.loads(line)["id"] == last_id:
            return known[index + 1 :]
    return known


def _server_sent(line: str) -> bytes:
    identity = json.loads(line)["id"]
    return (f"id: {identity}\n" if identity else "").encode() + f"data: {line}\n\n".encode()
