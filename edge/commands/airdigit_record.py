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
import re
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

from edge.cli.motion_session import Sitting
from edge.cli.options import CommandParser, add_common, add_source_options, open_source
from edge.cli.recorder import INTERRUPTED, count, prepare
from edge.cli.run import run_command, until_signal
from edge.formats.motion.file_name import NONE_LABEL
from edge.source import HAND_MOTION, MOTION_SOURCES
from edge.source.simulated.prompted_hand import PromptedHand
from edge.takes.motion.store import WRITERS

PROG = "airdigit-record"
SOURCES = MOTION_SOURCES | {"mock": "edge.source.simulated.prompted_hand:PromptedHand"}


def main(argv: Sequence[str] | None = None) -> int:
    parser = CommandParser(PROG, __doc__)
    _add_options(parser)
    add_source_options(parser, SOURCES)
    add_common(parser)
    typed = list(sys.argv[1:] if argv is None else argv)
    return run_command(parser, lambda args: _record(args, typed), argv)


def _record(args: argparse.Namespace, typed: list[str]) -> int:
    sitting = Sitting(args)
    opening = True
    try:
        with open_source(args, SOURCES, HAND_MOTION) as source, until_signal() as stopping:
            if isinstance(source, PromptedHand):
                source.check(args.label)
                sitting.prompt = source.prompt
            prepare(args.out)
            opening = False
            sitting.run(source, stopping)
    except KeyboardInterrupt:
        opening = False
        raise
    finally:
        if not opening:  # a source that could not be opened has said enough
            sitting.close(_command(typed, args.takes - sitting.saved))
    return 0 if sitting.saved == args.takes else INTERRUPTED


def _command(typed: list[str], left: int) -> str:
    """The command line that was typed, with the takes that are left."""
    kept, skip = [], False
    for word in typed:
        if not skip and word != "--takes" and not word.startswith("--takes="):
            kept.append(word)
        skip = word == "--takes"
    return shlex.join([PROG, *kept, f"--takes={left}"])


def _add_options(parser: CommandParser) -> None:
    group = parser.add_argument_group("takes")
    group.add_argument(
        "--label",
        type=_label,
        required=True,
        help=f"what you will draw: a digit, or {NONE_LABEL} for anything that is no digit",
    )
    group.add_argument("--takes", type=count, default=20, metavar="N", help="how many (20)")
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


def _seconds(text: str) -> float:
    if not 0.3 <= float(text) <= 60:
        raise argparse.ArgumentTypeError(f"{text} is no length of a take: 0.3 to 60 seconds")
    return float(text)
