"""Record takes of a digit with a motion sensor, to train or to test a model with your own hand.

Hold the sensor still, draw when you are asked to, and hold it still again. The command shows and
saves each take at once. It rejects a take that is clipped, too long, incomplete or empty, prints
the reason, and asks for the take again.

  airdigit-record --label 3 --takes 20 --i2c 1           twenty threes, into ./takes
  airdigit-record --label none --takes 20 --port auto    anything that is not a digit
  airdigit-record --label 3 --takes 5 --mock             without a sensor: a simulated hand draws

No file is ever overwritten. When the command ends early, the takes recorded so far are saved.
"""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Sequence

from edge.cli.motion_session import MotionSession, MotionSessionSettings
from edge.cli.options import add_common
from edge.cli.output_folder import prepare_output_folder
from edge.cli.parser import CommandParser
from edge.cli.run import run_command
from edge.cli.session_options import add_session_options
from edge.cli.signals import INTERRUPTED, until_signal
from edge.formats.motion.file_name import NONE_LABEL
from edge.source import HAND_MOTION, MOTION_SOURCES
from edge.source.selection import add_source_options, choose_source
from edge.source.simulated.prompted_hand import PromptedHand
from edge.takes.motion.storage import FORMATS, LABEL

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
    settings = MotionSessionSettings(
        label=args.label,
        takes=args.takes,
        folder=args.out,
        max_seconds=args.seconds,
        file_format=args.format,
        json_output=args.json,
    )
    session = MotionSession(settings)
    report = False
    try:
        with choose_source(args, SOURCES, HAND_MOTION) as source, until_signal() as stopping:
            if isinstance(source, PromptedHand):
                source.check(settings.label)
                session.on_prompt = source.prompt
            prepare_output_folder(settings.folder)
            report = True
            session.run(source, stopping)
    except KeyboardInterrupt:
        report = True
        raise
    finally:
        if report:  # not if the source cannot be opened: the error message is enough
            session.close(_command(typed, session.remaining))
    return INTERRUPTED if session.remaining else 0


def _command(typed: list[str], takes: int) -> str:
    """Return the command line that was typed, with another number of takes."""
    words, is_count = [], False
    for word in typed:
        if not is_count and word != "--takes" and not word.startswith("--takes="):
            words.append(word)
        is_count = word == "--takes"
    return shlex.join([PROG, *words, f"--takes={takes}"])


def _add_options(parser: CommandParser) -> None:
    group = parser.add_argument_group("takes")
    group.add_argument(
        "--label",
        type=_label,
        required=True,
        help=f"what you will draw: a digit, or {NONE_LABEL} for anything that is not a digit",
    )
    group.add_argument(
        "--seconds",
        type=_seconds,
        default=4.0,
        metavar="S",
        help="longest stroke, or the length of a take of none (4)",
    )
    group.add_argument("--format", choices=list(FORMATS), default="csv", help="file format (csv)")
    add_session_options(group, takes=20, takes_help="how many takes", folder="takes")


def _label(text: str) -> str:
    if not LABEL.fullmatch(text):
        raise argparse.ArgumentTypeError(f"{text!r} is not a label: use letters, digits and -")
    return text


def _seconds(text: str) -> float:
    if not 0.3 <= float(text) <= 60:
        raise argparse.ArgumentTypeError(f"{text} is not a length of a take: 0.3 to 60 seconds")
    return float(text)
