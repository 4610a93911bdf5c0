"""Serve one model file over HTTP while it is pushed; downloads can be continued."""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import BaseServer

from edge.model.digest import sha256

log = logging.getLogger(__name__)

TIMEOUT = 30.0  # s that a device may be silent
WAITING = 128  # connections


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = WAITING

    def __init__(self, address: tuple[str, int], content: bytes) -> None:
        self.content = content
        self.path = f"/{sha256(content).hexdigest()}"
        super().__init__(address, _Handler)

    def handle_error(self, request: object, client_address: object) -> None:
        log.debug("%s went away during a download", client_address)


class _Handler(BaseHTTPRequestHandler):
    timeout = TIMEOUT
    server: BaseServer

    def do_GET(self) -> None:  # noqa: N802, the library's name
        server = self.server
        assert isinstance(server, _Server)
        if self.path != server.path:
            self.send_error(404)
            return
        content = server.content
        found = re.fullmatch(r"bytes=(\d{1,15})-", self.headers.get("Range", ""))
        start = int(found[1]) if found else 0
        if start >= len(content):
            self.send_error(416)
            return
        self.send_response(206 if found else 200)
        if found:
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        self.send_header("Content-Length", str(len(content) - start))
        self.send_header("Content-Type", "application/octet-stream")
        self.end_headers()
        self.wfile.write(content[start:])

    def log_message(self, format: str, *args: object) -> None:
        log.debug("%s: " + format, self.client_address[0], *args)


@contextmanager
def serving(content: bytes, host: str, port: int = 0) -> Iterator[str]:
    """Yield the URL of this content; OSError if the address cannot be used."""
    server = _Server((host, port), content)
    thread = threading.Thread(target=server.serve_forever, name="edge-files", daemon=True)
    thread.start()
    shown = f"[{host}]" if ":" in host else host
    try:
        yield f"http://{shown}:{server.server_address[1]}{server.path}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
