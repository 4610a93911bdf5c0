"""The option --list-devices."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

from edge.errors import EdgeError, SourceError
from edge.source.microphone import devices


class ListDevices(argparse.Action):
    """Prints the microphones and exits, as --help does."""

    def __init__(self, option_strings: Sequence[str], dest: str, help: str | None = None) -> None:
        super().__init__(option_strings, argparse.SUPPRESS, 0, default=argparse.SUPPRESS, help=help)

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: Any,
        option_string: str | None = None,
    ) -> NoReturn:
        try:
            found = devices.input_devices()
            if not found:
                raise SourceError(devices.NO_MICROPHONE)
        except EdgeError as error:
            parser.exit(1, f"{parser.prog}: error: {error}\n")
        parser._print_message(devices.table(found), sys.stdout)
        parser.exit()
