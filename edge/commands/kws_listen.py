"""Say yes, no, up, down, left, right, on, off, stop or go, and see it recognised.

  kws-listen                               the default microphone
  kws-listen --list-devices                which microphones there are
  kws-listen --device usb                  one of them, by a part of its name or its number
  kws-listen --mock                        no microphone at all: simulated people speak
  kws-listen --replay talk.wav             sound files, as if they were heard now
  kws-listen --json | jq '.label // empty' one JSON object a word, for a program of yours
  arecord -q -f S16_LE -r 16000 -c 1 -t raw | kws-listen --pcm     what another program records
  kws-listen --max-false-per-hour 0.1      rather miss a word than hear one that nobody said
  kws-listen --model my_words.tflite       words of your own, in any language

Every option can be set through the environment as well, under the name in brackets.
"""

from __future__ import annotations

from collections.abc import Sequence

from edge.cli.live import LiveCommand, live
from edge.source import SOUND_SOURCES

COMMAND = LiveCommand(
    prog="kws-listen",
    description=__doc__,
    task="kws",
    sources=SOUND_SOURCES,
    hint="Say {words}.",
    default_source="microphone",
    spots_words=True,
)


def main(argv: Sequence[str] | None = None) -> int:
    return live(COMMAND, argv)
