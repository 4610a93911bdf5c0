"""Recognise the words yes, no, up, down, left, right, on, off, stop and go.

kws-listen                                listen to the default microphone
kws-listen --list-devices                 list the microphones
kws-listen --device usb                   a microphone by its number or a part of its name
kws-listen --mock                         without a microphone: simulated people speak
kws-listen --replay talk.wav              sound files, at the speed of the recording
kws-listen --json | jq '.label // empty'  one JSON object for each word, for another program
arecord -q -f S16_LE -r 16000 -c 1 -t raw | kws-listen --pcm     from a recording program
kws-listen --max-false-per-hour 0.1       fewer false accepts, but more missed words
kws-listen --model my_words.tflite        words of your own, in any language
kws-listen --wyoming tcp://0.0.0.0:10400  a wake-word service for Home Assistant
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
    serves_wyoming=True,
)


def main(argv: Sequence[str] | None = None) -> int:
    return live(COMMAND, argv)
