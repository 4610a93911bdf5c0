"""A sink of one's own: rings the terminal's bell, chosen by `kws-listen --bell`."""

from __future__ import annotations

import argparse
import sys

from edge.events import Detection, RunEvent
from edge.sink import Sink, StreamInfo


class BellSink(Sink):
    @classmethod
    def add_options(cls, group: argparse._ArgumentGroup) -> None:
        group.add_argument("--bell", action="store_true", help="ring the bell at each detection")

    @classmethod
    def from_options(cls, args: argparse.Namespace, info: StreamInfo) -> Sink | None:
        return cls(info, sys.stderr) if args.bell else None

    def show(self, event: RunEvent) -> None:
        if isinstance(event, Detection):
            self.stream.write("\a")
            self.stream.flush()
