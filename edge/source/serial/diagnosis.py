"""Why no samples come from a port: the likeliest cause, given the bytes that came instead."""

from __future__ import annotations

from edge.source.serial.framed.stream import FramedStream
from edge.source.serial.text.number_stream import NumberStream
from edge.source.serial.text.stream import TextStream

TEXT_SHARE = 0.8  # share of printable bytes above which it is text; noise has less than half
SHOWN_BYTES = 24  # of what came, in the message


def explain(
    received: bytes, framed: FramedStream, text: TextStream | NumberStream, baud: int
) -> str:
    if framed.dialogue.hello:
        return (
            f"the board answers ({framed.dialogue}) but sends no samples: check its sensor's wiring"
        )
    if text.obstacle:
        return text.obstacle
    if not received:
        return (
            "no byte came: press the board's reset button, check that its sketch runs and that "
            "this is its port"
        )
    shown = received[-SHOWN_BYTES:]
    if _printable_share(received) < TEXT_SHARE:
        other = 115200 if baud != 115200 else 9600
        return (
            f"the bytes that come ({shown.hex(' ')}) make no sense at {baud} baud: the speed is "
            "probably wrong; use the one in the sketch's Serial.begin, for example "
            f"--baud {other}"
        )
    return (
        f"text comes ({shown.decode('ascii', 'replace').strip()!r}) but no rows of numbers: flash "
        "the sketch that sends them"
    )


def _printable_share(data: bytes) -> float:
    return sum(32 <= byte < 127 or byte in b"\t\r\n" for byte in data) / len(data)
