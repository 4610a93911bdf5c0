"""One JSON object a line, appended to a file (`--json-file`), beside any other sink."""

from __future__ import annotations

import argparse
from pathlib import Path

from edge.errors import EdgeError
from edge.sink import Sink, StreamInfo
from edge.sink.json_lines import JsonLinesSink


class JsonFileSink(JsonLinesSink):
    option = "--json-file"
    uses_stdout = False

    @classmethod
    def add_options(cls, group: argparse._ArgumentGroup) -> None:
        group.add_argument(
            "--json-file",
            type=Path,
            metavar="FILE",
            help="append the same objects as --json to this file",
        )

    @classmethod
    def from_options(cls, args: argparse.Namespace, info: StreamInfo) -> Sink | None:
        if args.json_file is None:
            return None
        try:
            return cls(info, args.json_file.open("a", encoding="utf-8"))
        except OSError as error:
            raise EdgeError(
                f"{args.json_file} cannot be written ({error.strerror}): choose another --json-file"
            ) from None

    def close(self) -> None:
        try:
            super().close()
        finally:
            self.stream.close()
