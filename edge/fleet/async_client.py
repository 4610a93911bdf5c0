"""An MQTT client in an asyncio loop: a thousand of them need no thread."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Callable, Mapping
from typing import Any

from edge.sink.mqtt.address import Broker
from edge.sink.mqtt.connection import KEEPALIVE, new_client

OnMessage = Callable[[str, bytes, bool], None]


class AsyncClient:
    """All methods are called in the loop. Call `maintain` once a second."""

    def __init__(
        self,
        broker: Broker,
        name: str,
        *,
        password: str | None,
        tls: ssl.SSLContext | None,
        will: tuple[str, str],
        subscriptions: tuple[str, ...],
        on_message: OnMessage,
    ) -> None:
        self.connected = False
        self._unconfirmed = 0
        self._broker, self._subscriptions = broker, subscriptions
        self._retained: dict[str, str] = {}
        self._loop = asyncio.get_running_loop()
        client = new_client(broker, name, password, tls, will)
        client.on_socket_open = self._on_open
        client.on_socket_close = self._on_close
        client.on_socket_register_write = lambda _, data, socket: self._loop.add_writer(
            socket, client.loop_write
        )
        client.on_socket_unregister_write = lambda _, data, socket: self._loop.remove_writer(socket)
        client.on_connect = self._on_connect
        client.on_publish = self._on_publish
        client.on_message = lambda _, data, message: on_message(
            message.topic, message.payload, message.retain
        )
        self._client = client

    def publish(self, topic: str, payload: str) -> None:
        self._send(topic, payload)

    def is_busy(self) -> bool:
        """Whether the broker has not confirmed everything yet."""
        return self._unconfirmed > 0

    def retain(self, states: Mapping[str, str]) -> None:
        """Have the broker retain these payloads; they are sent again after each connection."""
        self._retained |= states
        if self.connected:
            self._send_retained(states)

    def connect(self) -> None:
        """OSError if nothing answers."""
        self._client.connect(self._broker.host, self._broker.port, KEEPALIVE)

    def maintain(self) -> None:
        """Send what keeps the connection alive, or connect again after it was lost."""
        if self._client.socket() is not None:
            self._client.loop_misc()
            return
        with contextlib.suppress(OSError):  # the broker is away: the next call tries again
            self.connect()

    def cut(self) -> None:
        """End the connection as a power loss does: the broker sends the last will."""
        socket = self._client.socket()
        if socket is not None:
            socket.shutdown(2)

    def disconnect(self) -> None:
        self._client.disconnect()

    def _on_open(self, client: Any, data: Any, socket: Any) -> None:
        self._loop.add_reader(socket, client.loop_read)

    def _on_close(self, client: Any, data: Any, socket: Any) -> None:
        self.connected = False
        self._loop.remove_reader(socket)
        self._loop.remove_writer(socket)

    def _on_connect(self, client: Any, data: Any, flags: Any, reason: Any, properties: Any) -> None:
        if reason.is_failure:
            return
        self.connected = True
        client.subscribe([(topic, 1) for topic in self._subscriptions])
        self._send_retained(self._retained)

    def _on_publish(self, client: Any, data: Any, mid: int, reason: Any, properties: Any) -> None:
        self._unconfirmed -= 1

    def _send_retained(self, states: Mapping[str, str]) -> None:
        for topic, payload in states.items():
            self._send(topic, payload, retain=True)

    def _send(self, topic: str, payload: str, retain: bool = False) -> None:
        self._unconfirmed += 1
        self._client.publish(topic, payload, 1, retain)
