"""Answer requests over MQTT: docs/fleet.md describes them.

A request is a JSON object with `id` at the topic `request/NAME`; the reply is a JSON object at
`reply/ID`, with `error` if the request cannot be answered.
"""

from __future__ import annotations

import json
import logging
import re
from collections import deque
from collections.abc import Callable
from datetime import datetime
from typing import Any

from edge.errors import EdgeError
from edge.fields import FieldError, Fields
from edge.text import one_line, quoted

log = logging.getLogger(__name__)

MAX_REQUEST = 16384  # bytes
MAX_LOG_LINES = 200

Answer = Callable[[Fields], dict[str, Any]]


class Requests:
    """Called by the thread of the connection."""

    def __init__(self, reply: Callable[[str, str], None]) -> None:
        """`reply` publishes a payload at a topic below the device."""
        self._reply = reply
        self.answers: dict[str, Answer] = {}
        """The function that answers each kind of request."""

    def handle(self, name: str, payload: bytes, retained: bool) -> None:
        if retained:
            log.warning("MQTT: the request %s is ignored: it is retained", one_line(name))
            return
        try:
            request = self._parsed(payload)
        except ValueError as error:
            log.warning("MQTT: the request %s is ignored: %s", one_line(name), error)
            return
        try:
            if name not in self.answers:
                raise FieldError(f"this device has no request {quoted(name)}")
            body = self.answers[name](request)
        except (EdgeError, OSError, ValueError) as error:
            body = {"error": one_line(str(error))}
        self._reply(f"reply/{request.values['id']}", json.dumps(body))

    def _parsed(self, payload: bytes) -> Fields:
        if len(payload) > MAX_REQUEST:
            raise FieldError(f"it has {len(payload)} bytes, more than {MAX_REQUEST}")
        try:
            request = Fields(json.loads(payload), "the request")
        except (ValueError, RecursionError) as error:
            raise FieldError(f"it is not a JSON object ({one_line(str(error))})") from None
        if not re.fullmatch("[a-z0-9]{1,32}", request.text("id")):
            raise request.error("id", "give 1 to 32 characters of a-z and 0-9")
        return request


def clock(request: Fields) -> dict[str, Any]:
    """The answer to the request `clock`."""
    return {"time": datetime.now().astimezone().isoformat(timespec="seconds")}


class LogBuffer(logging.Handler):
    """The last messages of this process, for the request `logs`."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self._lines: deque[dict[str, str]] = deque(maxlen=MAX_LOG_LINES)

    def emit(self, record: logging.LogRecord) -> None:
        time = datetime.fromtimestamp(record.created).astimezone().isoformat(timespec="seconds")
        text = one_line(record.getMessage())
        self._lines.append({"time": time, "level": record.levelname.lower(), "message": text})

    def answer(self, request: Fields) -> dict[str, Any]:
        count = request.integer("lines", 1, MAX_LOG_LINES, MAX_LOG_LINES)
        return {"lines": list(self._lines)[-count:]}
