"""The option --wyoming of a listening command, which then serves clients instead of a source."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from edge.cli.parser import CommandParser
from edge.cli.signals import until_signal
from edge.decision import DecisionSettings
from edge.errors import EdgeError
from edge.events import Failure, Ready
from edge.model import Model
from edge.sink import StreamInfo
from edge.sink.output import Output

if TYPE_CHECKING:
    from edge.wyoming.server import Address


def add_wyoming_option(parser: CommandParser) -> None:
    group = parser.add_argument_group("server", "Recognise in sound that other programs send.")
    group.add_argument(
        "--wyoming",
        type=_address,
        metavar="URL",
        help="be a wake-word service of the Wyoming protocol, for Home Assistant, at "
        "tcp://HOST:PORT; tcp://0.0.0.0:10400 for every network",
    )


def serve_wyoming(
    address: Address,
    model: Model,
    settings: DecisionSettings,
    output: Output,
    info: StreamInfo,
    runtime: str | None,
) -> None:
    """Serve until a signal comes, with a summary at the end in any case."""
    from edge.wyoming.server import WyomingServer
    from edge.wyoming.service import WakeService

    service = WakeService(model, settings, info.controls, runtime)
    server = WyomingServer(address, service, output)
    failed = True
    try:
        threshold = info.controls.threshold
        output.show(Ready(f"wyoming {address}", info.rate, info.channels, info.words, threshold))
        with until_signal() as stopping:
            server.run(info.device, stopping)
        failed = False
    except EdgeError as error:
        output.show(Failure(str(error), fatal=True))
        raise
    finally:
        output.show_end(service.health, failed)


def _address(text: str) -> Address:
    from edge.wyoming.server import parse_address

    try:
        return parse_address(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
