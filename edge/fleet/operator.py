"""The connection of an operator to a fleet: what the devices report, and requests to them."""

from __future__ import annotations

import json
import os
import ssl
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from edge.errors import EdgeError
from edge.fleet.inventory import PARTS, Device
from edge.sink.mqtt.address import Broker
from edge.sink.mqtt.connection import KEEPALIVE, explain, new_client

TIMEOUT = 10.0  # s for the broker
MAX_PAYLOAD = 1 << 20  # bytes; longer messages come from another program

Replies = dict[str, dict[str, Any]]


class Operator:
    """Used with `with`. `devices` is up to date while it is connected."""

    def __init__(
        self, broker: Broker, password: str | None = None, tls: ssl.SSLContext | None = None
    ) -> None:
        self.devices: dict[str, Device] = {}
        self._broker = broker
        self._changed = threading.Condition()
        self._replies: dict[str, Replies] = {}
        self._own_topic = f"{broker.prefix}/operator/{os.urandom(4).hex()}"
        self._marker_seen = False
        self._refusal: str | None = None
        self._connected = False
        self._subscribed: set[int] = set()
        self._topics: dict[str, int] = {self._own_topic: 1}
        self._client = new_client(broker, "", password, tls, connects_again=True)
        self._client.reconnect_delay_set(1, 10)
        self._client.on_connect = self._on_connect
        self._client.on_subscribe = self._on_subscribe
        self._client.on_message = self._on_message

    def __enter__(self) -> Operator:
        try:
            self._client.connect(self._broker.host, self._broker.port, KEEPALIVE)
        except (OSError, ValueError) as error:
            raise EdgeError(explain(error, self._broker)) from None
        self._client.loop_start()
        try:
            if not self.wait(lambda: self._connected or self._refusal is not None, TIMEOUT):
                raise EdgeError(f"{self._broker} does not answer: check the network")
            if self._refusal is not None:
                raise EdgeError(
                    f"{self._broker} refuses the connection ({self._refusal}): check the user in "
                    "--mqtt and the password"
                )
            self._read_retained()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *exc: object) -> None:
        self._client.disconnect()
        self._client.loop_stop()
        # Without references to this object the client is deleted, and closes its sockets, with it.
        self._client.on_connect = None
        self._client.on_subscribe = None
        self._client.on_message = None

    def wait(self, condition: Callable[[], object], timeout: float) -> bool:
        """Wait until the condition holds, which may depend on `devices`; return whether it does."""
        with self._changed:
            return bool(self._changed.wait_for(condition, timeout))

    def command(self, identifiers: Iterable[str], name: str, value: str) -> None:
        """Send a command that is confirmed by the state of the device."""
        for identifier in identifiers:
            self._publish(f"{identifier}/set/{name}", value)

    def request(
        self,
        identifiers: Sequence[str],
        name: str,
        fields: Mapping[str, Any] | None = None,
        timeout: float = TIMEOUT,
    ) -> Replies:
        """Send a request; return the replies that came in time, by device."""
        number = os.urandom(8).hex()
        replies = self._replies[number] = {}
        self._subscribe({f"{self._broker.prefix}/+/reply/{number}": 1})
        payload = json.dumps({**(fields or {}), "id": number})
        for identifier in identifiers:
            self._publish(f"{identifier}/request/{name}", payload)
        self.wait(lambda: len(replies) == len(identifiers), timeout)
        self._client.unsubscribe(f"{self._broker.prefix}/+/reply/{number}")
        del self._topics[f"{self._broker.prefix}/+/reply/{number}"]
        return self._replies.pop(number)

    def forget(self, device: Device, discovery_prefix: str) -> None:
        """Remove everything that the broker retains of a device."""
        for part in (*PARTS, "run"):
            self._publish(f"{device.identifier}/{part}", "", retain=True)
        topic = f"{discovery_prefix}/device/{device.identifier}/config"
        self._client.publish(topic, "", 1, retain=True).wait_for_publish(TIMEOUT)

    def _publish(self, topic: str, payload: str, retain: bool = False) -> None:
        self._client.publish(f"{self._broker.prefix}/{topic}", payload, 1, retain)

    def _read_retained(self) -> None:
        """Fill `devices`. The broker sends a message of ours after everything that it retains."""
        # QoS 0: a broker queues only so many messages of QoS 1 for a client.
        self._subscribe({f"{self._broker.prefix}/+/{part}": 0 for part in PARTS})
        self._client.publish(self._own_topic, "", 1)
        if not self.wait(lambda: self._marker_seen, TIMEOUT):
            raise EdgeError(
                f"{self._broker} does not deliver {self._own_topic}: allow this user to read and "
                f"write {self._broker.prefix}/#"
            )

    def _subscribe(self, topics: Mapping[str, int]) -> None:
        self._topics.update(topics)
        _, number = self._client.subscribe(list(topics.items()))
        if not self.wait(lambda: number in self._subscribed, TIMEOUT):
            raise EdgeError(f"{self._broker} does not answer: check the network")

    # From here on: called by the thread of the client.

    def _on_connect(
        self, client: Any, userdata: Any, flags: Any, reason: Any, properties: Any
    ) -> None:
        with self._changed:
            if reason.is_failure:
                self._refusal = str(reason)
            else:
                self._connected = True
                client.subscribe(list(self._topics.items()))  # anew after a lost connection
            self._changed.notify_all()

    def _on_subscribe(
        self, client: Any, userdata: Any, number: int, reasons: Any, properties: Any
    ) -> None:
        with self._changed:
            self._subscribed.add(number)
            self._changed.notify_all()

    def _on_message(self, client: Any, userdata: Any, message: Any) -> None:
        topic = message.topic.removeprefix(f"{self._broker.prefix}/")
        with self._changed:
            if message.topic == self._own_topic:
                self._marker_seen = True
            elif len(message.payload) <= MAX_PAYLOAD:
                identifier, _, part = topic.partition("/")
                if part.startswith("reply/"):
                    self._accept_reply(identifier, part.removeprefix("reply/"), message.payload)
                elif message.payload or identifier in self.devices:
                    device = self.devices.setdefault(identifier, Device(identifier))
                    device.accept(part, message.payload)
            self._changed.notify_all()

    def _accept_reply(self, identifier: str, number: str, payload: bytes) -> None:
        try:
            reply = json.loads(payload)
        except (ValueError, RecursionError):
            reply = None
        if number in self._replies and isinstance(reply, dict):
            self._replies[number][identifier] = reply
