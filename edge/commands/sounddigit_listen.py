"""Say digits, and see them recognised one by one, and after a pause the number that they are.

"Four two" is 42, and "zero zero seven" is 007.

  sounddigit-listen                        the default microphone
  sounddigit-listen --list-devices         which microphones there are
  sounddigit-listen --device usb           one of them, by a part of its name or its number
  sounddigit-listen --mock --words 42      no microphone at all: simulated people speak
  sounddigit-listen --replay call.wav      sound files, as if they were heard now
  sounddigit-listen --json | jq '.digits // empty'    the numbers, for a program of yours
  arecord -q -f S16_LE -r 16000 -c 1 -t raw | sounddigit-listen --pcm    what another one records
  sounddigit-listen --max-false-per-hour 0.6    rather miss a digit than hear one too many

Every option can be set through the environment as well, under the name in brackets.
"""

from __future__ import annotations

from collections.abc import Sequence

from edge.cli.live import LiveCommand, live
from edge.source import SOUND_SOURCES

COMMAND = LiveCommand(
    prog="sounddigit-listen",
    description=__doc__,
    task="sounddigit",
    sources=SOUND_SOURCES,
    hint="Say digits; after a pause the number is shown.",
    default_source="microphone",
    spots_words=True,
    joins_digits=True,
)


def main(argv: Sequence[str] | None = None) -> int:
    return live(COMMAND, argv)
