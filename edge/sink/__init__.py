"""Where events go. A new sink is one module and one line in SINKS."""

from __future__ import annotations

from abc import ABC, abstractmethod

from edge.events import Detection, Rejection, Summary
from edge.samples import Health

SINKS = {
    "terminal": "edge.sink.terminal:TerminalSink",
    "json": "edge.sink.json_lines:JsonLinesSink",
}


class Sink(ABC):
    @abstractmethod
    def show(self, event: Detection | Rejection | Summary) -> None: ...

    def pulse(self, health: Health) -> None:
        """Called after every chunk, for those who show that the stream is alive."""
