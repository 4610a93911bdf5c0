"""The connection to a broker: a thread of its own, which connects again whenever it is lost.

Messages wait in a bounded queue while the broker is away or slow; the oldest are dropped and
counted. States are not queued: of each topic only the newest value is sent, again after every new
connection, because a broker that was restarted may have forgotten it.
"""

from __future__ import annotations

import contextlib
import logging
import random
import select
import socket
import ssl
import threading
from collections import deque
from collections.abc import Callable
from time import monotonic
from typing import Any

from edge.errors import RuntimeMissing
from edge.sink.mqtt.address import Broker

log = logging.getLogger(__name__)

KEEPALIVE = 30  # s; a silent broker counts as away after one and a half times as long
FIRST_WAIT, LONGEST_WAIT = 1.0, 60.0  # s between two attempts to connect
MAX_WAITING = 1000  # messages
MAX_UNCONFIRMED = 20  # messages that the broker has not confirmed yet
CLOSE_TIMEOUT = 2.0  # s in which the broker can take the rest
POLL_INTERVAL = 1.0  # s


class Connection:
    """`publish`, `set_state` and `close` are for one thread; the callbacks come from another."""

    def __init__(
        self,
        broker: Broker,
        name: str,
        will: tuple[str, str],
        *,
        password: str | None = None,
        tls: ssl.SSLContext | None = None,
        subscriptions: tuple[str, ...] = (),
        on_message: Callable[[str, bytes, bool], None] = lambda topic, payload, retained: None,
    ) -> None:
        """`name`: the client's, unique among all clients of the broker. `will`: the topic and
        the payload that the broker retains when the connection is lost."""
        self.dropped = 0
        self.connected = False
        self._broker, self._subscriptions, self._on_message = broker, subscriptions, on_message
        self._states: dict[str, str] = {}
        self._unsent_states: list[str] = []
        self._waiting: deque[tuple[str, str]] = deque()
        self._unconfirmed: set[int] = set()
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._problem = ""  # the one that was reported last
        self._refusal = ""
        self._was_connected = False
        self._client = new_client(broker, name, password, tls, will)
        self._client.on_connect = self._connected_or_refused
        self._client.on_publish = self._confirmed
        self._client.on_message = self._received
        self._wake_receiver, self._wake_sender = socket.socketpair()
        self._wake_receiver.setblocking(False)
        self._wake_sender.setblocking(False)
        self._thread = threading.Thread(target=self._run, name="edge-mqtt", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def publish(self, topic: str, payload: str) -> None:
        """Send a message at least once, or count it as dropped."""
        with self._lock:
            self._waiting.append((topic, payload))
            if len(self._waiting) > MAX_WAITING:
                self._waiting.popleft()
                self.dropped += 1
        self._wake()

    def set_state(self, topic: str, payload: str) -> None:
        """Have the broker retain this payload, instead of an earlier one; "" for none."""
        with self._lock:
            self._states[topic] = payload
            if topic not in self._unsent_states:
                self._unsent_states.append(topic)
        self._wake()

    def send_states_again(self) -> None:
        with self._lock:
            self._unsent_states = list(self._states)
        self._wake()

    def is_idle(self) -> bool:
        """Whether the broker has confirmed everything."""
        with self._lock:
            return not (self._unsent_states or self._waiting or self._unconfirmed)

    def close(self) -> None:
        """Wait for a limited time until the broker has confirmed everything, then disconnect."""
        self._closing.set()
        self._wake()
        if self._thread.is_alive():
            self._thread.join(CLOSE_TIMEOUT + POLL_INTERVAL)
        if not self._thread.is_alive():  # otherwise it still waits, such as for a name server
            self._wake_receiver.close()
            self._wake_sender.close()
        with self._lock:
            left = len(self._waiting) + len(self._unconfirmed)
            self._waiting.clear()
        self.dropped += left
        if left:
            log.warning("MQTT: the broker did not take the last %d messages", left)

    # From here on: in the thread of the connection.

    def _run(self) -> None:
        wait = FIRST_WAIT
        while not self._closing.is_set():
            try:
                self._client.connect(self._broker.host, self._broker.port, KEEPALIVE)
                self._serve()
                problem = self._refusal or f"the connection to {self._broker} is lost"
            except (OSError, ValueError) as error:
                problem = explain(error, self._broker)
            if self.connected:
                wait = FIRST_WAIT
            self.connected = False
            if self._closing.is_set():
                break
            self._report(problem)
            self._closing.wait(wait * random.uniform(0.5, 1))
            wait = min(2 * wait, LONGEST_WAIT)

    def _serve(self) -> None:
        """Exchange packets until the connection ends."""
        client, close_at = self._client, None
        self._refusal = ""
        while (connection := client.socket()) is not None:
            if self.connected:
                self._hand_over()
            if self._closing.is_set():
                close_at = close_at or monotonic() + CLOSE_TIMEOUT
                if not self.connected or self.is_idle() or monotonic() > close_at:
                    client.disconnect()
                    return
            writing = [connection] if client.want_write() else []
            timeout = 0.05 if self._closing.is_set() else POLL_INTERVAL
            readable, writable, _ = select.select(
                [connection, self._wake_receiver], writing, [], timeout
            )
            if self._wake_receiver in readable:
                self._wake_receiver.recv(4096)
            if connection in readable and self._read(connection):
                return
            if writable and client.loop_write():
                return
            if client.loop_misc():
                return

    def _read(self, connection: Any) -> bool:
        """Read what has come; return whether the connection has ended."""
        while True:
            if self._client.loop_read():
                return True
            # What TLS has decrypted already does not make the socket readable.
            if not isinstance(connection, ssl.SSLSocket) or not connection.pending():
                return False

    def _hand_over(self) -> None:
        """Give messages to the client, as many as the broker may leave unconfirmed."""
        while len(self._unconfirmed) < MAX_UNCONFIRMED:
            with self._lock:
                if self._unsent_states:
                    topic = self._unsent_states.pop(0)
                    payload, retained = self._states[topic], True
                elif self._waiting:
                    (topic, payload), retained = self._waiting.popleft(), False
                else:
                    return
                sent = self._client.publish(topic, payload, qos=1, retain=retained)
                self._unconfirmed.add(sent.mid)

    def _connected_or_refused(
        self, client: Any, userdata: Any, flags: Any, reason: Any, properties: Any
    ) -> None:
        if reason.is_failure:
            self._refusal = f"{self._broker} refuses the connection ({reason})"
            if str(reason) in ("Not authorized", "Bad user name or password"):
                self._refusal += ": check the user in --mqtt and the password"
            return
        self.connected = True
        if self._was_connected or self._problem:
            log.warning("MQTT: connected to %s again; %d dropped", self._broker, self.dropped)
        else:
            log.info("MQTT: connected to %s", self._broker)
        self._was_connected, self._problem = True, ""
        if self._subscriptions:
            client.subscribe([(topic, 1) for topic in self._subscriptions])
        self.send_states_again()

    def _confirmed(
        self, client: Any, userdata: Any, mid: int, reason: Any, properties: Any
    ) -> None:
        self._unconfirmed.discard(mid)

    def _received(self, client: Any, userdata: Any, message: Any) -> None:
        self._on_message(message.topic, message.payload, message.retain)

    def _report(self, problem: str) -> None:
        """Tell the user about a problem, once until it changes."""
        if problem != self._problem:
            log.warning("MQTT: %s; trying again", problem)
        self._problem = problem

    def _wake(self) -> None:
        with contextlib.suppress(OSError):  # it is awake already, or has ended
            self._wake_sender.send(b"\0")


def explain(error: Exception, broker: Broker) -> str:
    """What a failed attempt to connect means, and what to do."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return (
            f"the certificate of {broker} is not trusted ({error.verify_message}): give the "
            "certificate of its authority with --mqtt-ca"
        )
    if isinstance(error, ssl.SSLError):
        return f"no TLS with {broker} ({error.reason}): check mqtt:// or mqtts://, and the port"
    if isinstance(error, socket.gaierror):
        return f"no computer is called {broker.host}: check --mqtt"
    if isinstance(error, ConnectionRefusedError):
        return f"nothing answers at {broker}: check that the broker runs"
    if isinstance(error, TimeoutError):
        return f"{broker} does not answer: check the network"
    return f"no connection to {broker} ({getattr(error, 'strerror', None) or error})"


def new_client(
    broker: Broker,
    name: str,
    password: str | None,
    tls: ssl.SSLContext | None,
    will: tuple[str, str] | None = None,
    *,
    connects_again: bool = False,
) -> Any:
    """A client of paho that is not connected yet.

    `will`: the topic and payload that the broker retains when the connection is lost.
    """
    mqtt = paho()
    client = mqtt.Client(
        mqtt.CallbackAPIVersion.VERSION2, name, reconnect_on_failure=connects_again
    )
    client.max_inflight_messages_set(MAX_UNCONFIRMED)
    if will is not None:
        client.will_set(*will, qos=1, retain=True)
    if broker.user:
        client.username_pw_set(broker.user, password)
    if tls is not None:
        client.tls_set_context(tls)
    return client


def paho() -> Any:
    try:
        import paho.mqtt.client as mqtt
    except ImportError:
        mqtt = None  # type: ignore[assignment]
    if not hasattr(mqtt, "CallbackAPIVersion"):  # Debian 12 has version 1.6
        raise RuntimeMissing("--mqtt needs paho-mqtt 2: pip install 'edge-sense[mqtt]'")
    return mqtt
