"""Where events go. A new sink is one module and one line in SINKS."""

from __future__ import annotations

import sys
from abc import ABC, abstractmethod
from typing import TextIO

from edge.events import Detection, Rejection, Summary
from edge.samples import Health

SINKS = {
    "terminal": "edge.sink.terminal:TerminalSink",
    "json": "edge.sink.json_lines:JsonLinesSink",
}


class Sink(ABC):
    def __init__(self, rate: float, hint: str, stream: TextIO | None = None) -> None:
        """`rate` is the source's nominal one, `hint` what a user may do when nothing happens."""
        self.rate = rate
        self.hint = hint
        self.stream = sys.stdout if stream is None else stream

    @abstractmethod
    def show(self, event: Detection | Rejection | Summary) -> None: ...

    def pulse(self, health: Health) -> None:
        """Called after every chunk, for those who show that the stream is alive."""
