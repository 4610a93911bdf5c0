"""Tell systemd how the command is: ready, alive, and what it does (`Type=notify`).

It is chosen by $NOTIFY_SOCKET, which systemd sets. The watchdog is only told that the command is
alive while samples flow, or while the device is known to be away: a command that hangs, or a device
that is silent without a reason, is then restarted.
"""

from __future__ import annotations

import argparse
import contextlib
import logging
import os
import socket
from time import monotonic

from edge.events import Detection, Number, RunEvent, Summary
from edge.samples import Chunk, Health
from edge.sink import Preview, Sink, StreamInfo
from edge.text import one_line

log = logging.getLogger(__name__)

STATUS_INTERVAL = 5.0  # s


class SystemdSink(Sink):
    delivers_events = False

    @classmethod
    def from_options(cls, args: argparse.Namespace, info: StreamInfo) -> Sink | None:
        path = os.environ.get("NOTIFY_SOCKET")
        return cls(info, path, watchdog_interval()) if path else None

    def __init__(self, info: StreamInfo, path: str, watchdog: float | None = None) -> None:
        """`watchdog`: seconds after which systemd restarts a command that is not alive."""
        super().__init__(info)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.setblocking(False)  # a busy systemd must not delay the recognition
        self._address = "\0" + path[1:] if path.startswith("@") else path
        self._interval = None if watchdog is None else watchdog / 3
        self._ready = False
        self._samples = 0  # when the watchdog was told last
        self._alive_at = self._status_at = -STATUS_INTERVAL
        self._detections = 0
        self._last = ""
        self._status = ""

    def show(self, event: RunEvent) -> None:
        if isinstance(event, (Detection, Number)):
            label = event.label if isinstance(event, Detection) else event.digits
            self._detections += isinstance(event, Detection)
            time = f" at {event.time:%H:%M:%S}" if event.time else ""
            self._last = one_line(f", last {label}{time}")
        elif isinstance(event, Summary):
            self._send("STOPPING=1")

    def progress(self, health: Health, chunk: Chunk, preview: Preview | None = None) -> None:
        now = monotonic()
        is_alive = health.samples > self._samples or health.away or self.info.serves_clients
        if not is_alive:
            return
        if not self._ready:
            self._ready = True
            self._send("READY=1")
        if self._interval is not None and now >= self._alive_at + self._interval:
            self._alive_at, self._samples = now, health.samples
            self._send("WATCHDOG=1")
        if now >= self._status_at + STATUS_INTERVAL:
            self._status_at = now
            self._show_status(health)

    def close(self) -> None:
        self._socket.close()

    def _show_status(self, health: Health) -> None:
        if health.away:
            status = "waiting for the device"
        elif health.rate is None or self.info.serves_clients:
            status = "ready"
        else:
            status = f"{health.rate:.0f} samples a second"
        status += f", {self._detections} detections{self._last}"
        if status != self._status:
            self._status = status
            self._send(f"STATUS={status}")

    def _send(self, message: str) -> None:
        with contextlib.suppress(OSError):  # systemd restarts the command if it needs to
            self._socket.sendto(message.encode(), self._address)


def watchdog_interval() -> float | None:
    """The seconds within which systemd expects a sign of life; None if it expects none."""
    microseconds = os.environ.get("WATCHDOG_USEC", "")
    other = os.environ.get("WATCHDOG_PID", str(os.getpid())) != str(os.getpid())
    if not microseconds.isdecimal() or not int(microseconds) or other:
        return None
    return int(microseconds) / 1e6
