"""Why nothing that makes sense comes from a port: the likeliest cause of what came instead."""

from __future__ import annotations

from edge.source.serial.framed.stream import FramedStream
from edge.source.serial.text.stream import TextStream

TEXT = 0.8  # share of printable bytes above which it is text; noise has less than half
SHOWN = 24  # bytes of what came that are shown


def explain(received: bytes, framed: FramedStream, text: TextStream, baud: int) -> str:
    if framed.recognised:
        return f"the board answers ({framed.board}) but sends no samples: check its sensor's wiring"
    if text.obstacle:
        return text.obstacle
    if not received:
        return (
            "not a byte came: press the board's reset button, check that its sketch runs and that "
            "this is its port"
        )
    shown = received[-SHOWN:]
    if _printable(received) < TEXT:
        other = 115200 if baud != 115200 else 9600
        return (
            f"bytes come ({shown.hex(' ')}) but make no sense at {baud} baud: the speed is most "
            f"likely wrong; use the one of the sketch's Serial.begin, for example --baud {other}"
        )
    return (
        f"text comes ({shown.decode('ascii', 'replace').strip()!r}) but no rows of numbers: flash "
        "the sketch that sends them"
    )


def _printable(data: bytes) -> float:
    return sum(32 <= byte < 127 or byte in b"\t\r\n" for byte in data) / len(data)
