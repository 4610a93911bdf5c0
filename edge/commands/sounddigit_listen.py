"""Recognise spoken digits, and join the digits before a pause into a number.

"Four two" is 42, and "zero zero seven" is 007.

  sounddigit-listen                        listen to the default microphone
  sounddigit-listen --list-devices         list the microphones
  sounddigit-listen --device usb           a microphone by its number or a part of its name
  sounddigit-listen --mock --words 42      without a microphone: simulated people speak
  sounddigit-listen --replay call.wav      sound files, at the speed of the recording
  sounddigit-listen --json | jq '.digits // empty'    only the numbers, for another program
  arecord -q -f S16_LE -r 16000 -c 1 -t raw | sounddigit-listen --pcm    from a recording program
  sounddigit-listen --max-false-per-hour 0.6    fewer false accepts, but more missed digits
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
