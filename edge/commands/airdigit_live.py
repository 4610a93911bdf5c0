"""Draw a digit in the air with a motion sensor in the hand, and see which one it was.

Hold still for a moment, draw one digit as if on a board in front of you, hold still again.

  airdigit-live --mock                     no sensor at all: a simulated hand draws
  airdigit-live --i2c 1                    an MPU6050 on the Raspberry Pi's bus 1
  airdigit-live --port auto                a microcontroller on USB that sends its samples
  airdigit-live --replay takes/            recordings, as if they were drawn now
  airdigit-live --mock --json | jq .label  one JSON object a digit, for a program of yours

Every option can be set through the environment as well, under the name in brackets.
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
