"""Lines of text from a board: rows of numbers, known banners, headers, and garbage."""

from __future__ import annotations

import re
from collections.abc import Iterator
from math import nan

from edge.samples import ACCEL, Health

LONGEST_LINE = 256  # bytes; seven columns of full precision need half of it
LARGEST_NUMBER = 1e18  # no sensor and no clock gives more: a larger number is damage
BANNERS = ("Initializing IMU", "MPU6050 connection", "Offset:", "#")
_SEPARATOR = re.compile(r"\s*[,;]\s*|\s+")

Line = list[float] | str | None
"""A row; a banner or header ('' for a blank line); or None for garbage."""


class LineReader:
    """Splits bytes into lines. Garbage is counted, and at most LONGEST_LINE bytes are buffered."""

    def __init__(self, health: Health) -> None:
        self.health = health
        self.restart()

    def restart(self) -> None:
        """The stream starts (again), perhaps in the middle of a line: its first row is dropped."""
        self._rest = b""
        self._too_long = False
        self._first = True

    def feed(self, data: bytes) -> Iterator[Line]:
        *lines, rest = (self._rest + data).split(b"\n")
        self._rest = b""
        for line in lines:
            parsed = None if self._too_long else _plain_row(line) or _parse(line)
            if parsed is None:
                self.health.garbage += len(line) + 1
            if not (self._first and isinstance(parsed, list)):
                yield parsed
            self._too_long = self._first = False
        if self._too_long or len(rest) > LONGEST_LINE:
            self.health.garbage += len(rest)
            self._too_long = True
        else:
            self._rest = rest


def _plain_row(line: bytes) -> list[float] | None:
    """Return the row of a line of numbers with commas, as `_parse` does in five times the time.

    None for all other lines, whose row, if they are one, only `_parse` finds.
    """
    try:
        row = [float(field) for field in line.split(b",")]
    except ValueError:
        return None
    if b"_" in line or not sum(map(abs, row)) <= LARGEST_NUMBER:  # also true if a value is NaN
        return None
    return row


def _parse(line: bytes) -> Line:
    try:
        text = line.decode("ascii").strip(" \t\r,;")
    except UnicodeDecodeError:
        return None
    if not text or text.startswith(BANNERS) or is_header(text):
        return text
    try:
        return [_number(field) for field in _fields(text)] if "_" not in text else None
    except ValueError:
        return None


def _number(text: str) -> float:
    value = float(text)
    return value if abs(value) <= LARGEST_NUMBER else nan


def _fields(text: str) -> list[str]:
    return _SEPARATOR.split(text)


def is_header(text: str) -> bool:
    return set(ACCEL) <= set(names(text))


def names(text: str) -> list[str]:
    """Return the names of the columns, for a line that is a header."""
    return [field.strip("\"'").lower() for field in _fields(text)]
