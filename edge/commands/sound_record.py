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
import unicodedata
from collections.abc import Sequence

from edge.cli.options import add_common
from edge.cli.output_folder import prepare_output_folder
from edge.cli.parser import CommandParser
from edge.cli.run import run_command
from edge.cli.session_options import add_session_options
from edge.cli.signals import INTERRUPTED, until_signal
from edge.cli.sound_session import SoundSession, SoundSessionSettings
from edge.samples import AUDIO
from edge.source import SOUND_SOURCES
from edge.source.selection import add_source_options, choose_source
from edge.source.simulated.prompted_microphone import PromptedMicrophone
from edge.takes.sound.capture import RATE
from edge.takes.sound.storage import SPEAKER, WORD

SOURCES = SOUND_SOURCES | {"mock": "edge.source.simulated.prompted_microphone:PromptedMicrophone"}
REQUIREMENTS = {"channels": list(AUDIO), "rate_hz": RATE}


def main(argv: Sequence[str] | None = None) -> int:
    parser = CommandParser("sound-record", __doc__)
    _add_options(parser)
    add_source_options(parser, SOURCES, "microphone")
    add_common(parser)
    return run_command(parser, _record, argv)


def _record(args: argparse.Namespace) -> int:
    settings = SoundSessionSettings(
        words=list(dict.fromkeys(word for words in args.words for word in words)),
        speaker=args.speaker,
        takes=args.takes,
        folder=args.out,
        json_output=args.json,
    )
    microphone = choose_source(args, SOURCES, REQUIREMENTS, "microphone")
    with microphone as source, until_signal() as stopping:
        session = SoundSession(settings)
        if isinstance(source, PromptedMicrophone):
            source.check(settings.words)
            session.on_prompt = source.prompt
        prepare_output_folder(settings.folder)
        try:
            session.run(source, stopping)
        finally:
            session.close()
    return INTERRUPTED if session.remaining else 0


def _add_options(parser: CommandParser) -> None:
    group = parser.add_argument_group("takes")
    group.add_argument(
        "--words",
        type=_words,
        nargs="+",
        required=True,
        metavar="WORD",
        help="what you will say, in any language; digits can be one argument: 0123456789",
    )
    group.add_argument(
        "--speaker",
        type=_speaker,
        required=True,
        metavar="NAME",
        help="who speaks: a name or a pseudonym, the same for all takes of one person",
    )
    takes_help = "how many takes of each word, with those already saved"
    add_session_options(group, takes=5, takes_help=takes_help, folder="words")


def _words(text: str) -> list[str]:
    """Return the words in one argument; digits are words of their own."""
    words = unicodedata.normalize("NFC", text).replace(",", " ").split()
    if not words:
        raise argparse.ArgumentTypeError(f"{text!r} has no word in it")
    for word in words:
        if not WORD.fullmatch(word) or not word.isprintable():
            raise argparse.ArgumentTypeError(f"{word!r} is not a word: use letters, or digits")
    return [part for word in words for part in (word if word[0] in "0123456789" else [word])]


def _speaker(text: str) -> str:
    name = unicodedata.normalize("NFC", text)
    if not SPEAKER.fullmatch(name):
        raise argparse.ArgumentTypeError(f"{text!r} is not a name: letters, then digits, no space")
    return name
