"""Recognise digits that you draw in the air with a motion sensor in your hand.

Hold the sensor still, draw one digit as if on a board in front of you, and hold it still again. The
sensor can be in the hand, on the wrist or forearm, or on a wand, mounted in any way, and the board
can be a table. After a few digits the command knows which way is up. A digit that you draw with a
pause is answered twice: the first answer is retracted.

  airdigit-live --mock                     without a sensor: a simulated hand draws
  airdigit-live --i2c 1                    an MPU6050 on the Raspberry Pi's bus 1
  airdigit-live --port auto                a microcontroller on USB that sends samples
  airdigit-live --replay takes/            recordings, at the speed at which they were made
  airdigit-live --mock --json | jq .label  one JSON object for each digit, for another program
"""

from __future__ import annotations

from collections.abc import Sequence

from edge.cli.live import LiveCommand, live
from edge.source import MOTION_SOURCES

COMMAND = LiveCommand(
    prog="airdigit-live",
    description=__doc__,
    task="airdigit",
    sources=MOTION_SOURCES,
    hint="Hold still, draw a digit in the air, hold still.",
)


def main(argv: Sequence[str] | None = None) -> int:
    return live(COMMAND, argv)
