"""Record your own takes of words, to teach a model your voice or to measure one on it.

Say each word when asked, once, with a moment of quiet around it; each take is trimmed and saved at
once. A take that is clipped, too soft, lost in noise, torn, or more than one word is refused with
the reason and asked for again.

  sound-record --speaker ann --words yes no --takes 5           with the default microphone
  sound-record --speaker ann --words 0123456789 --device usb    ten digits, another microphone
  sound-record --speaker ann --words oui non --replay talk.wav  out of a long recording
  sound-record --speaker ann --words yes no --mock              a simulated person speaks

Takes of a word go to a folder of its name in --out, which training reads as it is. Those that are
there count: the same command goes on where it was stopped. Nothing is ever overwritten.
Every option can be set through the environment as well, under the name in brackets.
"""

from __future__ import annotations

import argparse
import re
import unicodedata
from collections.abc import Sequence
from pathlib import Path

from edge.cli.options import CommandParser, add_common, add_source_options, open_source
from edge.cli.recorder import INTERRUPTED, count, prepare
from edge.cli.run import run_command, until_signal
from edge.cli.sound_session import SoundSitting
from edge.samples import AUDIO
from edge.source import SOUND_SOURCES
from edge.source.simulated.prompted_microphone import PromptedMicrophone
from edge.takes.sound.capture import RATE

SOURCES = SOUND_SOURCES | {"mock": "edge.source.simulated.prompted_microphone:PromptedMicrophone"}
NEEDS = {"channels": list(AUDIO), "rate_hz": RATE}


def main(argv: Sequence[str] | None = None) -> int:
    parser = CommandParser("sound-record", __doc__)
    _add_options(parser)
    add_source_options(parser, SOURCES, "microphone")
    add_common(parser)
    return run_command(parser, _record, argv)


def _record(args: argparse.Namespace) -> int:
    args.words = list(dict.fromkeys(word for words in args.words for word in words))
    with open_source(args, SOURCES, NEEDS, "microphone") as source, until_signal() as stopping:
        prompt = _nobody
        if isinstance(source, PromptedMicrophone):
            source.check(args.words)
            prompt = source.prompt
        prepare(args.out)
        sitting = SoundSitting(args, prompt)
        try:
            sitting.run(source, stopping)
        finally:
            sitting.close()
    return INTERRUPTED if sitting.left else 0


def _nobody(word: str) -> None:
    """Who speaks has read the prompt."""


def _add_options(parser: CommandParser) -> None:
    group = parser.add_argument_group("takes")
    group.add_argument(
        "--words",
        type=_words,
        nargs="+",
        required=True,
        metavar="WORD",
        help="what you will say, in any language; digits may stand together: 0123456789",
    )
    group.add_argument(
        "--speaker",
        type=_speaker,
        required=True,
        metavar="NAME",
        help="who speaks: a name or a pseudonym, the same for all takes of one person",
    )
    group.add_argument(
        "--takes", type=count, default=5, metavar="N", help="of each word, in all (5)"
    )
    group.add_argument(
        "--out", type=Path, default=Path("words"), metavar="DIR", help="where they go (words)"
    )
    group.add_argument(
        "--json",
        action=argparse.BooleanOptionalAction,
        default=False,
        help="print one JSON object a take",
    )


def _words(text: str) -> list[str]:
    words = unicodedata.normalize("NFC", text).replace(",", " ").split()
    if not words:
        raise argparse.ArgumentTypeError(f"{text!r} has no word in it")
    for word in words:
        # Not all that words are written with counts as a letter: many vowel signs do not.
        if not re.fullmatch(r"[0-9]+|[^\W\d_][^/\\._]{0,39}", word) or not word.isprintable():
            raise argparse.ArgumentTypeError(f"{word!r} is no word: letters, or digits")
    return [part for word in words for part in (word if word[0] in "0123456789" else [word])]


def _speaker(text: str) -> str:
    name = unicodedata.normalize("NFC", text)
    if not re.fullmatch(r"[^\W\d_](-|[^\W_]){0,39}", name):
        raise argparse.ArgumentTypeError(f"{text!r} is no name: letters, then digits, no space")
    return name
