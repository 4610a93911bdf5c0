"""Events of each kind, and a terminal that records its content, for tests of sinks."""

from __future__ import annotations

import io
import re

import numpy as np

from edge.events import (
    Detection,
    Number,
    Rejection,
    Retraction,
    SequenceOutput,
    StrokeReading,
)
from edge.samples import Chunk, Health

ANGLE = np.linspace(0, 2 * np.pi, 40)
CIRCLE = np.stack([np.cos(ANGLE), np.sin(ANGLE)], axis=1).astype(np.float32)
SCORES = {**{str(digit): 0.01 for digit in range(10)}, "none": 0.0, "3": 0.912345}
DETECTION = Detection("3", 0.912345, 12.3456, 41.4, SCORES, CIRCLE)
WORD = Detection("yes", 0.9, 1.0, 180.0, {"yes": 0.9, "no": 0.1, "silence": 0.0})
NUMBER = Number("007", 0.9, 12.3456, 1234.5)
REJECTION = Rejection("unsure: 3 at 0.41", 13.2, SCORES)
READING = StrokeReading(0.9, 0.25, 0.88, "9", 2)
RETRACTION = Retraction("3", 12.3456, 13.1, 255.4)
SEQUENCE = SequenceOutput(
    ("abp",), "mmHg", 1.0, 1.02, 100.0, np.array([[80], [np.nan], [81.5]], np.float32), 412.3
)
CHUNK = Chunk(np.arange(3) / 100, np.zeros((3, 6), np.float32))


def health(**counts: int) -> Health:
    """The health after 101 samples at 100 Hz, with these counters."""
    result = Health(**counts)
    result.count(Chunk(np.arange(101) / 100, np.zeros((101, 6), np.float32)))
    return result


class Screen(io.StringIO):
    """A terminal that records what is written to it."""

    def __init__(self, encoding: str = "utf-8") -> None:
        super().__init__()
        self._encoding = encoding

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return self._encoding

    def isatty(self) -> bool:
        return True

    def lines(self) -> list[str]:
        """The final content of the screen, without colours."""
        rows, row, column = [""], 0, 0
        for part in re.findall(r"\x1b\[\d*[A-Za-z]|[\r\n]|[^\x1b\r\n]+", self.getvalue()):
            if part == "\r":
                column = 0
            elif part == "\n":
                row, column = row + 1, 0
                rows += [""] * (row + 1 - len(rows))
            elif part.endswith("m") and part.startswith("\x1b"):
                pass
            elif part == "\x1b[K":
                rows[row] = rows[row][:column]
            elif part == "\x1b[J":
                rows[row] = rows[row][:column]
                del rows[row + 1 :]
            elif part.startswith("\x1b") and part.endswith("A"):
                row -= int(part[2:-1])
            else:
                text = rows[row].ljust(column)
                rows[row] = text[:column] + part + text[column + len(part) :]
                column += len(part)
        return rows
