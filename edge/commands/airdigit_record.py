"""Record your own takes of a digit, to teach a model your hand or to measure one on it.

Hold the sensor still, draw when asked, hold it still again; each take is shown and saved at once.
A take that is clipped, too long, torn or empty is refused with the reason and asked for again.

  airdigit-record --label 3 --takes 20 --i2c 1           twenty threes, into ./takes
  airdigit-record --label none --takes 20 --port auto    what is no digit: anything you like
  airdigit-record --label 3 --takes 5 --mock             no sensor at all: a simulated hand draws

Nothing is ever overwritten, and whatever ends it, the takes that were accepted are on disk.
Every option can be set through the environment as well, under the name in brackets.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shlex
import sys
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

from edge.commands import run_command, until_signal
from edge.commands.options import CommandParser, add_common, add_source_options, open_source
from edge.errors import EdgeError, RecordingError, SourceError
from edge.recording import Recording
from edge.recording.capture import Capture, Take
from edge.recording.store import WRITERS, save
from edge.recording.take import facts, judged, sketch
from edge.samples import MOTION
from edge.source import MOTION_SOURCES, Source

PROG = "airdigit-record"
NONE = "none"
DIGITS = tuple("0123456789")
SPARE = 10.0  # s
SUITS_A_HAND = {"channels": list(MOTION), "rate_hz": 100, "accel_g": 4, "gyro_dps": 500}
ENOUGH = 10  # refused takes in a row, after which something else is wrong
INTERRUPTED = 130


def main(argv: Sequence[str] | None = None) -> int:
    parser = CommandParser(PROG, __doc__)
    _add_options(parser)
    add_source_options(parser, MOTION_SOURCES)
    add_common(parser)
    typed = list(sys.argv[1:] if argv is None else argv)
    return run_command(parser, lambda args: _record(args, typed), argv)


def _record(args: argparse.Namespace, typed: list[str]) -> int:
    args.out.mkdir(parents=True, exist_ok=True)
    if not os.access(args.out, os.W_OK):
        raise EdgeError(f"{args.out} cannot be written to: choose another --out")
    if args.mock:
        _instruct(args)
    sitting = Sitting(args)
    with open_source(args, MOTION_SOURCES, SUITS_A_HAND) as source, until_signal() as stopping:
        try:
            sitting.run(source, stopping)
        finally:
            sitting.close(_command(typed, args.takes - sitting.saved))
    return 0 if sitting.saved == args.takes else INTERRUPTED


def _instruct(args: argparse.Namespace) -> None:
    """The simulated hand cannot hear what is asked for, so it is told before."""
    if args.label == NONE:
        args.pastime = args.pastime or args.takes * args.seconds + SPARE
    elif args.label in DIGITS:
        args.digits = args.digits or args.label * (3 * args.takes + ENOUGH)
    else:
        raise EdgeError(f"the simulated hand cannot draw {args.label}: it knows 0 to 9 and {NONE}")


class Sitting:
    """Asks for takes until there are enough."""

    def __init__(self, args: argparse.Namespace) -> None:
        self.args = args
        self.saved = self.refused = self.in_a_row = 0

    def run(self, source: Source, stopping: Callable[[], bool]) -> None:
        chunks = iter(source)
        _say("Hold the sensor still until you are asked to draw, and again when you have drawn.")
        while self.saved < self.args.takes:
            capture = Capture(source.rate, self.args.seconds, self.args.label == NONE)
            take, on_rail, asked = None, source.health.clipped, False
            while take is None:
                if capture.ready and not asked:
                    asked, on_rail = True, source.health.clipped
                    self._ask()
                chunk = next(chunks, None)
                if stopping():
                    return
                if chunk is None:
                    raise SourceError(
                        f"the source ended after {self.saved} of {self.args.takes} takes"
                    )
                take = next(capture.feed(chunk), None)
            self._judge(take, source, source.health.clipped - on_rail)

    def close(self, command: str) -> None:
        """Say what there is, and how to go on if it is not yet enough."""
        done = self.saved == self.args.takes
        _say(f"{self.saved} of {self.args.takes} takes are saved in {self.args.out}")
        if not done:
            _say(f"go on with: {command}")
        if self.args.json:
            counts = {"saved": self.saved, "rejected": self.refused, "out": str(self.args.out)}
            _print_json({"event": "summary", "label": self.args.label, **counts})

    def _ask(self) -> None:
        number = f"take {self.saved + 1} of {self.args.takes}"
        if self.args.label == NONE:
            _say(f"do what is no digit, for {self.args.seconds:g} s ... {number}")
        else:
            article = "an" if self.args.label[0] == "8" else "a"
            _say(f"draw {article} {self.args.label} ... {number}")

    def _judge(self, take: Take, source: Source, on_rail: int) -> None:
        try:
            recording = judged(take, source.channels, on_rail)
        except RecordingError as fault:
            self.refused += 1
            self.in_a_row += 1
            self._report({"event": "rejected", "reason": str(fault)}, f"  not saved: {fault}")
            if self.in_a_row == ENOUGH:
                raise EdgeError(
                    f"{ENOUGH} takes in a row were refused, the last because: {fault}"
                ) from None
            return
        args = self.args
        path = save(recording, args.out, args.label, args.format, datetime.now())
        self.saved += 1
        self.in_a_row = 0
        self._report({"event": "take", "file": str(path), **facts(recording)}, _lines(recording))
        if not args.json:
            print(f"  saved {path}", flush=True)

    def _report(self, event: dict[str, object], text: str) -> None:
        if self.args.json:
            number = {"label": self.args.label, "take": self.saved, "of": self.args.takes}
            _print_json(event | number)
        else:
            _say(text)


def _lines(recording: Recording) -> str:
    found = facts(recording)
    turn = f", {found['peak_gyro']:g} rad/s" if "peak_gyro" in found else ""
    encoding = (sys.stderr.encoding or "ascii").lower()
    return (
        f"  |{sketch(recording, encoding.startswith('utf'))}|\n"
        f"  {found['seconds']:g} s, {found['samples']} samples at {found['rate']:g} Hz, none lost; "
        f"peak {found['peak_accel']:g} m/s^2{turn}"
    )


def _command(typed: list[str], left: int) -> str:
    """The command line that was typed, with the takes that are left."""
    kept, skip = [], False
    for word in typed:
        if not skip and word != "--takes" and not word.startswith("--takes="):
            kept.append(word)
        skip = word == "--takes"
    return shlex.join([PROG, *kept, f"--takes={left}"])


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _print_json(event: dict[str, object]) -> None:
    print(json.dumps(event, allow_nan=False), flush=True)


def _add_options(parser: CommandParser) -> None:
    group = parser.add_argument_group("takes")
    group.add_argument(
        "--label",
        type=_label,
        required=True,
        help=f"what you will draw: a digit, or {NONE} for anything that is no digit",
    )
    group.add_argument("--takes", type=_count, default=20, metavar="N", help="how many (20)")
    group.add_argument(
        "--out", type=Path, default=Path("takes"), metavar="DIR", help="where they go (takes)"
    )
    group.add_argument(
        "--seconds", type=_seconds, default=4.0, metavar="S", help="longest stroke (4)"
    )
    group.add_argument("--format", choices=list(WRITERS), default="csv", help="file format (csv)")
    group.add_argument(
        "--json",
        action=argparse.BooleanOptionalAction,
        default=False,
        help="print one JSON object a take",
    )


def _label(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9-]{1,40}", text):
        raise argparse.ArgumentTypeError(f"{text!r} is no label: letters, digits and - only")
    return text


def _count(text: str) -> int:
    if not 1 <= int(text) <= 10_000:
        raise argparse.ArgumentTypeError(f"{text} is no number of takes: 1 to 10000")
    return int(text)


def _seconds(text: str) -> float:
    if not 0.3 <= float(text) <= 60:
        raise argparse.ArgumentTypeError(f"{text} is no length of a take: 0.3 to 60 seconds")
    return float(text)
