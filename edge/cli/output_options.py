"""The options of the live commands that say where events go, and which."""

from __future__ import annotations

import argparse
import math

from edge.cli.parser import CommandParser
from edge.registry import Registry
from edge.sink import SINKS, Sink, StreamInfo
from edge.sink.output import Output


def add_output_options(parser: CommandParser, table: Registry) -> None:
    group = parser.add_argument_group("output", "Where events go (default: the terminal).")
    for name in table:
        table.load(name).add_options(group)
    group.add_argument(
        "--rejections",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="show what was not recognised too (default: yes); it is counted in any case",
    )
    group.add_argument(
        "--health",
        type=_interval,
        metavar="SECONDS",
        help="add an event with the counters, the processor time and the memory this often",
    )
    group.add_argument(
        "--device-name",
        type=_name,
        metavar="NAME",
        help="the name of this device in events (default: the name of the computer)",
    )


def open_output(args: argparse.Namespace, table: Registry, info: StreamInfo) -> Output:
    return Output(open_sinks(args, table, info), args.rejections, args.health)


def open_sinks(args: argparse.Namespace, table: Registry, info: StreamInfo) -> list[Sink]:
    """The sinks that the options choose; the terminal is one unless another uses stdout."""
    found = [table.load(name).from_options(args, info) for name in table if name != "terminal"]
    chosen: list[Sink] = [sink for sink in found if sink is not None]
    if not any(sink.uses_stdout for sink in chosen):
        chosen.insert(0, SINKS.load("terminal").from_options(args, info))
    return chosen


def _interval(text: str) -> float:
    seconds = float(text)
    if not 0 < seconds < math.inf:
        raise argparse.ArgumentTypeError(f"{text} is not an interval: give seconds above 0")
    return seconds


def _name(text: str) -> str:
    if not text.strip() or not text.isprintable():
        raise argparse.ArgumentTypeError("give a name of printable characters")
    return text.strip()
