"""A network between a client and a server that a test can cut or freeze."""

from __future__ import annotations

import contextlib
import select
import socket
import threading


class Network:
    """Forwards connections to a port of this computer; used with `with`."""

    def __init__(self, port: int) -> None:
        self._target = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._pairs: dict[socket.socket, socket.socket] = {}
        self._is_up, self._frozen, self._ended = True, False, False
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Network:
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._ended = True
        self._thread.join()
        self._drop_all()
        self._listener.close()

    def cut(self) -> None:
        """End all connections, and refuse new ones until `mend`."""
        self._is_up = False

    def freeze(self) -> None:
        """Deliver nothing more, without telling either side."""
        self._frozen = True

    def mend(self) -> None:
        self._is_up, self._frozen = True, False

    def _run(self) -> None:
        while not self._ended:
            if not self._is_up:
                self._drop_all()
            sockets = [self._listener, *([] if self._frozen else self._pairs)]
            for ready in select.select(sockets, [], [], 0.02)[0]:
                if ready is self._listener:
                    self._accept()
                elif ready in self._pairs:
                    self._forward(ready)

    def _accept(self) -> None:
        client, _ = self._listener.accept()
        if not self._is_up:
            client.close()
            return
        try:
            server = socket.create_connection(("127.0.0.1", self._target))
        except OSError:  # the server is away
            client.close()
            return
        self._pairs |= {client: server, server: client}

    def _forward(self, source: socket.socket) -> None:
        target = self._pairs[source]
        data = b""
        with contextlib.suppress(OSError):
            data = source.recv(65536)
            target.sendall(data)
        if not data:
            for side in (source, target):
                del self._pairs[side]
                side.close()

    def _drop_all(self) -> None:
        for side in list(self._pairs):
            side.close()
        self._pairs.clear()
