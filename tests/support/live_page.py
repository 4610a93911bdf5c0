"""A live command with a page, in a process of its own, and requests to it as any program sends."""

from __future__ import annotations

import http.client
import json
import re
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from command_process import start

TIMEOUT = 90.0  # s


class LivePage:
    def __init__(self, process: subprocess.Popen[str], folder: Path) -> None:
        self.process, self.folder = process, folder
        self.errors: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self.link = self._link()
        parts = urlsplit(self.link)
        self.host, self.port = str(parts.hostname), int(parts.port or 0)
        self.base = f"http://{self.host}:{self.port}"
        self.token = parts.query.removeprefix("token=")

    def request(
        self,
        method: str,
        path: str,
        body: object = None,
        headers: dict[str, str] | None = None,
        cookie: str = "",
    ) -> tuple[int, dict[str, str], bytes]:
        """Status, headers (with names in lower case) and body of the answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=TIMEOUT)
        sent = {"Content-Type": "application/json"} if method != "GET" else {}
        if cookie:
            sent["Cookie"] = f"edge_page_{self.port}={cookie}"
        data = body if isinstance(body, (bytes, type(None))) else json.dumps(body).encode()
        try:
            connection.request(method, path, data, {**sent, **(headers or {})})
            answer = connection.getresponse()
            lower = {name.lower(): value for name, value in answer.getheaders()}
            return answer.status, lower, answer.read()
        finally:
            connection.close()

    def get(self, path: str) -> Any:
        status, _, body = self.request("GET", path)
        assert status == 200, body
        return json.loads(body)

    def post(self, path: str, body: object = None) -> Any:
        status, _, answer = self.request("POST", path, body or {})
        assert status == 200, answer
        return json.loads(answer)

    def wait_error(self, pattern: str) -> str:
        """The first line of stderr with this pattern."""
        end = time.monotonic() + TIMEOUT
        while time.monotonic() < end:
            for line in self.errors:
                if re.search(pattern, line):
                    return line
            time.sleep(0.02)
        raise AssertionError(f"{pattern!r} is not in {self.errors}")

    def stop(self) -> None:
        self.process.send_signal(signal.SIGINT)
        assert self.process.wait(TIMEOUT) == 0, self.errors
        self._reader.join(TIMEOUT)
        assert not [line for line in self.errors if "Traceback" in line], self.errors

    def _link(self) -> str:
        return self.wait_error("page: http").split("page: ")[1].strip()

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.errors.append(line)


@contextmanager
def live_page(
    command: str, folder: Path, *argv: str | Path, page: str = "0", first: str = ""
) -> Iterator[LivePage]:
    """Start a command with a page on a free port; it must end well when the context is left.

    `first`: code that its process executes before.
    """
    options = ("--page", page, "--page-folder", folder)
    with start(command, *options, *argv, first=first, stdout=subprocess.DEVNULL) as process:
        try:
            served = LivePage(process, folder)
            yield served
            served.stop()
        finally:
            process.kill()
