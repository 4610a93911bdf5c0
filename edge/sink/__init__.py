"""Where events go. A new sink is one module and one line in SINKS."""

from __future__ import annotations

import sys
from abc import ABC, abstractmethod
from typing import TextIO

from edge.events import Detection, Number, Rejection, Summary
from edge.samples import Chunk, Health

SINKS = {
    "terminal": "edge.sink.terminal:TerminalSink",
    "json": "edge.sink.json_lines:JsonLinesSink",
}


class Sink(ABC):
    def __init__(
        self, rate: float, hint: str, stream: TextIO | None = None, sound: bool = False
    ) -> None:
        """`rate` is the source's nominal one, `hint` what a user may do when nothing happens.

        `sound`: is that what the samples are? It has a level, and no strokes to be counted.
        """
        self.rate = rate
        self.hint = hint
        self.stream = sys.stdout if stream is None else stream
        self.sound = sound

    @abstractmethod
    def show(self, event: Detection | Rejection | Number | Summary) -> None: ...

    def progress(self, health: Health, chunk: Chunk) -> None:
        """Called after every chunk, for those who show that the stream is alive."""
