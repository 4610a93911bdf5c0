"""mosquitto as a real broker for tests, with certificates of its own.

Run as a program, it prints the Debian packages that the tests need.
"""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

PACKAGES = ("mosquitto", "openssl")  # of Debian
PROGRAM = shutil.which("mosquitto") or "/usr/sbin/mosquitto"
START_TIMEOUT = TIMEOUT = 10.0  # s
USER, PASSWORD = "edge", "a pass:word"


class Broker:
    """Used through `running_broker()`; a test may stop it and start it again."""

    def __init__(
        self,
        folder: Path,
        *,
        tls: bool = False,
        password: bool = False,
        persistence: bool = False,
        many_clients: bool = False,
    ) -> None:
        self.port = free_port()
        self.folder = folder
        lines = [f"listener {self.port} 127.0.0.1", f"allow_anonymous {str(not password).lower()}"]
        lines += [f"persistence {str(persistence).lower()}", f"persistence_location {folder}/"]
        lines += ["max_queued_messages 0", *(["max_inflight_messages 1000"] * many_clients)]
        lines += [f"log_dest file {folder / 'mosquitto.log'}"]
        if tls:
            write_certificates(folder)
            lines += [f"{option} {folder / file}" for option, file in (
                ("cafile", "ca.pem"), ("certfile", "server.pem"), ("keyfile", "server.key")
            )]  # fmt: skip
        if password:
            passwords = folder / "passwords"
            subprocess.run(
                ["mosquitto_passwd", "-b", "-c", passwords, USER, PASSWORD],
                check=True,
                capture_output=True,
            )
            passwords.chmod(0o644)
            lines.append(f"password_file {passwords}")
        if subprocess.run(["id", "-u"], capture_output=True, text=True).stdout == "0\n":
            lines.append("user root")
        self._configuration = folder / "mosquitto.conf"
        self._configuration.write_text("\n".join(lines) + "\n")
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self._process = subprocess.Popen([PROGRAM, "-c", self._configuration])
        until = time.monotonic() + START_TIMEOUT
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), 0.2).close()
                return
            except OSError:
                assert self._process.poll() is None and time.monotonic() < until, self.log()
                time.sleep(0.02)

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def restart(self) -> None:
        """End it in order, so that it stores what it keeps, and start it again."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait()
        self.start()

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def log(self) -> str:
        return (self.folder / "mosquitto.log").read_text()


def skipped_without_mosquitto() -> Any:
    """The mark of tests that need a broker."""
    import pytest

    return pytest.mark.skipif(
        not Path(PROGRAM).exists(), reason="mosquitto is not installed: make tools"
    )


@contextmanager
def running_broker(folder: Path, **options: bool) -> Iterator[Broker]:
    broker = Broker(folder, **options)
    broker.start()
    try:
        yield broker
    finally:
        broker.stop()


class Subscriber:
    """A client that stores all messages of the broker."""

    def __init__(self, broker: Broker, keeps_session: bool = False) -> None:
        """`keeps_session`: the broker keeps messages for it while it is not connected."""
        import paho.mqtt.client as mqtt

        self.messages: list[tuple[str, str, bool]] = []
        self._client = mqtt.Client(
            mqtt.CallbackAPIVersion.VERSION2, "test-subscriber", not keeps_session
        )
        self._client.reconnect_delay_set(0.1, 0.1)  # type: ignore[arg-type]
        self._client.on_message = lambda client, data, message: self.messages.append(
            (message.topic, message.payload.decode(), message.retain)
        )
        self._client.on_connect = lambda client, *rest: client.subscribe("#", 1)
        subscribed = threading.Event()
        self._client.on_subscribe = lambda *rest: subscribed.set()
        self._client.connect("127.0.0.1", broker.port, 60)
        self._client.loop_start()
        assert subscribed.wait(TIMEOUT)

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def publish(self, topic: str, payload: str, retain: bool = False) -> None:
        self._client.publish(topic, payload, 1, retain).wait_for_publish(TIMEOUT)

    def payloads(self, topic: str) -> list[str]:
        return [payload for name, payload, _ in self.messages if name == topic]

    def states(self, topic: str) -> list[dict[str, Any]]:
        return [json.loads(payload) for payload in self.payloads(topic) if payload]


def wait_until(condition: Callable[[], object], timeout: float = TIMEOUT) -> None:
    until = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < until, "it did not happen in time"
        time.sleep(0.01)


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def write_certificates(folder: Path) -> None:
    """An authority, and a certificate of it for 127.0.0.1 and localhost."""

    def openssl(*argv: str) -> None:
        subprocess.run(["openssl", *argv], cwd=folder, check=True, capture_output=True)

    new = ("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    openssl(*new, "-x509", "-days", "2", "-subj", "/CN=Test authority",
            "-keyout", "ca.key", "-out", "ca.pem")  # fmt: skip
    openssl(*new, "-subj", "/CN=localhost", "-keyout", "server.key", "-out", "server.csr")
    (folder / "names").write_text("subjectAltName=IP:127.0.0.1,DNS:localhost\n")
    openssl("x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-days", "2",
            "-CAcreateserial", "-extfile", "names", "-out", "server.pem")  # fmt: skip
    (folder / "server.key").chmod(0o644)


if __name__ == "__main__":
    print(*PACKAGES)
