"""Record takes of words with a microphone, to train or to test a model with your own voice.

Say each word once when you are asked to, with a moment of quiet before and after it. The command
trims and saves each take at once. It rejects a take that is clipped, too soft, too noisy,
incomplete, or more than one word, prints the reason, and asks for the take again.

  sound-record --speaker ann --words yes no --takes 5           with the default microphone
  sound-record --speaker ann --words 0123456789 --device usb    ten digits, another microphone
  sound-record --speaker ann --words oui non --replay talk.wav  out of a long recording
  sound-record --speaker ann --words yes no --mock              a simulated person speaks

The takes of a word are saved in a folder with its name in --out, as training expects them. Takes
that are already there count: run the same command again to continue. No file is ever overwritten.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from edge.cli.options import add_common
from edge.cli.parser import CommandParser
from edge.cli.recording_options import (
    RECORDING_SOURCES,
    add_speaker_option,
    add_words_option,
    record_takes,
    unique,
)
from edge.cli.run import run_command
from edge.cli.session_options import add_session_options
from edge.cli.signals import INTERRUPTED
from edge.cli.sound_session import SoundSessionSettings
from edge.source.selection import add_source_options


def main(argv: Sequence[str] | None = None) -> int:
    parser = CommandParser("sound-record", __doc__)
    group = parser.add_argument_group("takes")
    add_words_option(group, required=True)
    add_speaker_option(group)
    takes_help = "how many takes of each word, with those already saved"
    add_session_options(group, takes=5, takes_help=takes_help, folder="words")
    add_source_options(parser, RECORDING_SOURCES, "microphone")
    add_common(parser)
    return run_command(parser, _record, argv)


def _record(args: argparse.Namespace) -> int:
    settings = SoundSessionSettings(
        words=unique(args.words),
        speaker=args.speaker,
        takes=args.takes,
        folder=args.out,
        json_output=args.json,
    )
    return INTERRUPTED if record_takes(args, settings, "--out") else 0
