"""What a job gives: a value or an exception, and what it logged, in a form that can be sent."""

from __future__ import annotations

import logging
import pickle
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from logging.handlers import QueueHandler
from typing import Any


@dataclass(frozen=True)
class Outcome:
    value: Any = None
    error: Exception | None = None
    traceback: str = ""
    """Of the error, in the worker."""
    records: list[logging.LogRecord] = field(default_factory=list)

    def result(self) -> Any:
        """Log what the job logged, and return its value or raise its exception."""
        for record in self.records:
            logging.getLogger(record.name).handle(record)
        if self.error is not None:
            raise self.error from _InWorker(self.traceback)
        return self.value


class _InWorker(Exception):
    """Shows the traceback of the worker above that of this process."""


class _Records(QueueHandler):
    """Collects log records, with their text in place of their arguments."""

    def __init__(self, records: list[logging.LogRecord]) -> None:
        super().__init__(records)  # type: ignore[arg-type]

    def enqueue(self, record: logging.LogRecord) -> None:
        self.queue.append(record)  # type: ignore[attr-defined]


def compute(function: Callable[[Any], Any], item: Any, level: int) -> Outcome:
    """Compute a job in a worker; log records from `level` on go into the outcome."""
    records: list[logging.LogRecord] = []
    root, handler = logging.getLogger(), _Records(records)
    root.addHandler(handler)
    root.setLevel(level)
    try:
        return Outcome(function(item), records=records)
    except Exception as error:
        text = traceback.format_exc()
        return Outcome(error=_sendable(error, text), traceback=text, records=records)
    finally:
        root.removeHandler(handler)


def _sendable(error: Exception, text: str) -> Exception:
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:
        return RuntimeError(text)
    return error
