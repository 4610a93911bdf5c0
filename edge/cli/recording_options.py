"""What the commands share that record takes of words: their options and the recording."""

from __future__ import annotations

import argparse
import unicodedata
from collections.abc import Sequence

from edge.cli.output_folder import prepare_output_folder
from edge.cli.signals import until_signal
from edge.cli.sound_session import SoundSession, SoundSessionSettings
from edge.samples import AUDIO
from edge.source import SOUND_SOURCES
from edge.source.selection import choose_source
from edge.source.simulated.prompted_microphone import PromptedMicrophone
from edge.takes.sound.capture import RATE
from edge.takes.sound.storage import SPEAKER, is_word

RECORDING_SOURCES = SOUND_SOURCES | {
    "mock": "edge.source.simulated.prompted_microphone:PromptedMicrophone"
}
REQUIREMENTS = {"channels": list(AUDIO), "rate_hz": RATE}


def record_takes(
    args: argparse.Namespace, settings: SoundSessionSettings, folder_option: str
) -> int:
    """Record the takes that are missing, and return how many are still missing.

    `args` has the options of RECORDING_SOURCES; `folder_option` chooses the folder.
    """
    microphone = choose_source(args, RECORDING_SOURCES, REQUIREMENTS, "microphone")
    with microphone as source, until_signal() as stopping:
        session = SoundSession(settings)
        if isinstance(source, PromptedMicrophone):
            source.check(settings.words)
            session.on_prompt = source.prompt
        prepare_output_folder(settings.folder, folder_option)
        try:
            session.run(source, stopping)
        finally:
            session.close()
    return session.remaining


def unique(words: Sequence[Sequence[str]]) -> list[str]:
    """Return the words of the option --words, each once."""
    return list(dict.fromkeys(word for some in words for word in some))


def add_words_option(group: argparse._ArgumentGroup, required: bool) -> None:
    group.add_argument(
        "--words",
        type=_words,
        nargs="+",
        required=required,
        metavar="WORD",
        help="what you will say, in any language; digits can be one argument: 0123456789",
    )


def add_speaker_option(group: argparse._ArgumentGroup, default: str | None = None) -> None:
    """Without a default, the option is required."""
    group.add_argument(
        "--speaker",
        type=_speaker,
        required=default is None,
        default=default,
        metavar="NAME",
        help="who speaks: a name or a pseudonym, the same for all takes of one person"
        + (f" ({default})" if default else ""),
    )


def _words(text: str) -> list[str]:
    """Return the words in one argument; digits are words of their own."""
    words = unicodedata.normalize("NFC", text).replace(",", " ").split()
    if not words:
        raise argparse.ArgumentTypeError(f"{text!r} has no word in it")
    for word in words:
        if not is_word(word):
            raise argparse.ArgumentTypeError(f"{word!r} is not a word: use letters, or digits")
    return [part for word in words for part in (word if word[0] in "0123456789" else [word])]


def _speaker(text: str) -> str:
    name = unicodedata.normalize("NFC", text)
    if not SPEAKER.fullmatch(name):
        raise argparse.ArgumentTypeError(f"{text!r} is not a name: letters, then digits, no space")
    return name
