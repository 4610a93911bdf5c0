"""Lines of text from a board: rows of numbers, banners that are known, and everything else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from math import nan

from edge.samples import ACCEL, Health

LONGEST = 256  # bytes of one line; seven columns of full precision need half of it
LARGEST = 1e18  # no sensor and no clock says more: such a number is none
BANNERS = ("Initializing IMU", "MPU6050 connection", "Offset:", "#")
_SEPARATOR = re.compile(r"\s*[,;]\s*|\s+")


class LineReader:
    """Gives each row as a list of numbers, each banner or header as its text, garbage as None.

    Garbage is counted, and at most LONGEST bytes are kept.
    """

    def __init__(self, health: Health) -> None:
        self.health = health
        self.begin()

    def begin(self) -> None:
        """The stream starts, or starts again: it may do so in the middle of a line."""
        self._rest = b""
        self._too_long = False
        self._cut = True

    def feed(self, data: bytes) -> Iterator[list[float] | str | None]:
        *lines, rest = (self._rest + data).split(b"\n")
        self._rest = b""
        for line in lines:
            kind = None if self._too_long else _read(line)
            if kind is None:
                self.health.garbage += len(line) + 1
            if not (self._cut and isinstance(kind, list)):
                yield kind
            self._too_long = self._cut = False
        if self._too_long or len(rest) > LONGEST:
            self.health.garbage += len(rest)
            self._too_long = True
        else:
            self._rest = rest


def _read(line: bytes) -> list[float] | str | None:
    """A row, a banner or header ('' for a blank line), or None for what is neither."""
    try:
        text = line.decode("ascii").strip(" \t\r,;")
    except UnicodeDecodeError:
        return None
    if not text or text.startswith(BANNERS) or is_header(text):
        return text
    try:
        return [_number(field) for field in fields(text)] if "_" not in text else None
    except ValueError:
        return None


def _number(text: str) -> float:
    value = float(text)
    return value if abs(value) <= LARGEST else nan


def fields(text: str) -> list[str]:
    return _SEPARATOR.split(text)


def is_header(text: str) -> bool:
    return set(ACCEL) <= set(names(text))


def names(text: str) -> list[str]:
    """The columns' names, if the line is a header."""
    return [field.strip("\"'").lower() for field in fields(text)]
