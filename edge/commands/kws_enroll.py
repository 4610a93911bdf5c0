"""Make a model of your own words, in any language, from some takes of each: in seconds, on the Pi.

  kws-enroll --words lumos nox                     records 4 takes of each word, with the microphone
  kws-enroll --words lumos nox --device usb        another microphone, by a part of its name
  kws-enroll --data FOLDER --out mine.tflite       uses the takes in FOLDER/<word>/*.wav
  kws-enroll --data FOLDER --only lumos nox        uses only the takes of these words
  kws-listen --model my_words.tflite               recognises the words

No training is needed: the takes are compared with what is said. The command prints how many words
of this speaker and of other people it expects to be recognised, and how many false accepts an hour.
More takes, and takes of every person who shall be understood, make it better: run the command again
with another --speaker. Words of two syllables or more work best.

Put recordings that contain none of the words into FOLDER/unknown/, such as sounds that were
recognised as a word by mistake: a word that is found in one of them gets a higher threshold.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from edge.cli.options import add_common, add_runtime_option
from edge.cli.output_folder import prepare_output_folder
from edge.cli.parser import CommandParser
from edge.cli.recording_options import (
    RECORDING_SOURCES,
    add_speaker_option,
    add_words_option,
    record_takes,
    unique,
)
from edge.cli.run import run_command
from edge.cli.signals import INTERRUPTED
from edge.cli.sound_session import SoundSessionSettings
from edge.decision.templates import MAX_TAKES
from edge.enroll.enroll import enroll
from edge.enroll.report import report
from edge.errors import EdgeError
from edge.formats.atomic_write import atomic_write
from edge.source.selection import add_source_options
from edge.text import printable

DEFAULT_FOLDER = Path("words")
"""Where sound-record saves takes, too."""


def main(argv: Sequence[str] | None = None) -> int:
    parser = CommandParser("kws-enroll", __doc__)
    _add_options(parser)
    add_source_options(parser, RECORDING_SOURCES, "microphone")
    add_common(parser)
    return run_command(parser, _enroll, argv)


def _enroll(args: argparse.Namespace) -> int:
    if args.words is None and args.data is None:
        raise EdgeError("say what to enrol: --words to record takes, or --data FOLDER with takes")
    if args.out.suffix != ".tflite" or args.out.is_dir():
        raise EdgeError(f"--out {args.out}: name a file, something.tflite")
    prepare_output_folder(args.out.parent)
    folder = args.data or DEFAULT_FOLDER
    words = None if args.words is None else unique(args.words)
    if args.only is not None:
        if args.words is not None or args.data is None:
            raise EdgeError("--only chooses among the takes in --data: leave --words out")
        words = args.only
    elif words is not None:
        settings = SoundSessionSettings(words, args.speaker, args.takes, folder, json_output=False)
        if record_takes(args, settings, "--data"):
            return INTERRUPTED
    enrolment = enroll(folder, words, args.runtime)
    try:
        atomic_write(args.out, enrolment.content)
    except OSError as error:
        raise EdgeError(f"{args.out} cannot be written: {error.strerror or error}") from None
    for line in report(enrolment):
        print(printable(line))
    print(
        f"wrote {printable(str(args.out))}; try it: kws-listen --model {printable(str(args.out))}"
    )
    sys.stdout.flush()
    return 0


def _add_options(parser: CommandParser) -> None:
    group = parser.add_argument_group("words")
    group.add_argument(
        "--data",
        type=Path,
        metavar="FOLDER",
        help="takes in a folder for each word; without --words all of them, or those of "
        f"--only, are enrolled; with --words new takes are saved there ({DEFAULT_FOLDER})",
    )
    group.add_argument(
        "--only",
        nargs="+",
        metavar="WORD",
        help="of the words in --data, enrol only these, and record nothing",
    )
    add_words_option(group, required=False)
    add_speaker_option(group, default="me")
    group.add_argument(
        "--takes",
        type=int,
        choices=range(1, MAX_TAKES + 1),
        default=4,
        metavar="N",
        help="how many takes of each word to record, with those already saved (4)",
    )
    group.add_argument(
        "--out",
        type=Path,
        default=Path("my_words.tflite"),
        metavar="FILE.tflite",
        help="the model file to write (my_words.tflite)",
    )
    add_runtime_option(group)
