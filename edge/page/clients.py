"""The browsers that are connected. Each has a bounded queue; one that does not read is dropped."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections import deque
from collections.abc import Callable

log = logging.getLogger(__name__)

MAX_CLIENTS = 64
MAX_WAITING = 250  # messages: about 10 s of a live view


class Client:
    """The queue of one connection, used in the thread of the server only."""

    def __init__(self, wants_live: bool) -> None:
        self.name = secrets.token_hex(8)
        """Tells the recorder which browser started a recording."""
        self.wants_live = wants_live
        """Whether it gets the live view, besides events: not while its page is hidden."""
        self.dropped = False
        """Its connection is closed, because it was too slow or because the server ends."""
        self._messages: deque[str] = deque()
        self._ready = asyncio.Event()
        self.on_drop: Callable[[], None] = lambda: None

    def offer(self, message: str) -> bool:
        """Queue a message; return False if the client is too slow, and is dropped for that."""
        if self.dropped:
            return False
        if len(self._messages) >= MAX_WAITING:
            self._messages.clear()
            self.drop()
            self.on_drop()
            return False
        self._messages.append(message)
        self._ready.set()
        return True

    def drop(self) -> None:
        """Have the connection closed."""
        self.dropped = True
        self._ready.set()

    async def next_messages(self, timeout: float | None = None) -> list[str]:
        """Wait for messages and return all of them; none if `timeout` seconds pass, or if the
        client was dropped."""
        if not self._messages and not self.dropped:
            try:
                await asyncio.wait_for(self._ready.wait(), timeout)
            except asyncio.TimeoutError:  # another class than TimeoutError in Python 3.10
                return []
        messages = list(self._messages)
        self._messages.clear()
        self._ready.clear()
        return messages


class Clients:
    """All connections. `add`, `remove` and `send` are for the thread of the server."""

    def __init__(self, on_change: Callable[[int], None], on_leave: Callable[[str], None]) -> None:
        """`on_change` is called with the number of clients that get the live view, `on_leave` with
        the name of a client that has gone."""
        self._clients: set[Client] = set()
        self._on_change, self._on_leave = on_change, on_leave
        self.dropped = 0
        """Clients that were too slow, so far."""

    def has(self, name: str) -> bool:
        return any(client.name == name for client in self._clients)

    def __len__(self) -> int:
        return len(self._clients)

    def add(self, client: Client) -> bool:
        """Return False if there are too many already."""
        if len(self._clients) >= MAX_CLIENTS:
            return False
        self._clients.add(client)
        self.changed()
        return True

    def remove(self, client: Client) -> None:
        self._clients.discard(client)
        self._on_leave(client.name)
        self.changed()

    def changed(self) -> None:
        self._on_change(sum(client.wants_live for client in self._clients))

    def send(self, message: str, live: bool = False) -> None:
        """Queue a message for all clients; a message of the live view for those that get it."""
        for client in list(self._clients):
            if (client.wants_live or not live) and not client.offer(message):
                self.dropped += 1
                self._clients.discard(client)
                log.info("page: a browser did not read for too long, and was disconnected")
                self.changed()

    def drop_all(self) -> None:
        """Close all connections."""
        while self._clients:
            self._clients.pop().drop()
