"""One JSON object a line on stdout (`--json`), for programs."""

from __future__ import annotations

import argparse
from typing import TextIO

from edge.events import RunEvent
from edge.samples import Chunk, Health
from edge.sink import Preview, Sink, StreamInfo
from edge.sink.event_json import event_line
from edge.sink.line_writer import LineWriter


class JsonLinesSink(Sink):
    option = "--json"
    uses_stdout = True

    def __init__(self, info: StreamInfo, stream: TextIO | None = None) -> None:
        super().__init__(info, stream)
        self.writer = LineWriter(self.stream, may_drop=info.from_device)

    @classmethod
    def add_options(cls, group: argparse._ArgumentGroup) -> None:
        group.add_argument(
            "--json",
            action=argparse.BooleanOptionalAction,
            default=False,
            help="print one JSON object a line",
        )

    @classmethod
    def from_options(cls, args: argparse.Namespace, info: StreamInfo) -> Sink | None:
        return cls(info) if args.json else None

    def show(self, event: RunEvent) -> None:
        self.writer.write(event_line(event, self.info, self.writer.dropped) + "\n")

    def progress(self, health: Health, chunk: Chunk, preview: Preview | None = None) -> None:
        if self.writer.is_behind:
            self.writer.drain()

    def close(self) -> None:
        self.writer.close()
