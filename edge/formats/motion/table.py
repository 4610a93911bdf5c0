"""Comma-separated numbers, parsed fast; an error names the line."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from itertools import islice
from math import isfinite

import numpy as np
from numpy.typing import NDArray

from edge.errors import RecordingError

MAX_ROWS = 500_000  # 83 minutes at 100 Hz
MAX_LINE = 100_000  # characters: the stroke of a phone is one line of hundreds of values
MAX_LINES = 4 * MAX_ROWS  # some formats have empty lines between their rows


def parse_rows(text: str, columns: int, skip: int = 0) -> NDArray[np.float64]:
    """Return all rows after the first `skip` lines, (n, columns); empty lines are ignored.

    Raise RecordingError if a row has another number of columns or a value that is not a number.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a text without rows: `Recording.checked` refuses it
            lines = islice(_lines(text), skip, None)
            rows = np.loadtxt(lines, delimiter=",", comments=None, ndmin=2, max_rows=MAX_ROWS + 1)
        if len(rows) > MAX_ROWS:
            raise RecordingError(f"has more than {MAX_ROWS} samples: cut it into recordings")
        if not rows.size:
            return np.empty((0, columns))
        if rows.shape[1] == columns and np.isfinite(rows).all():
            return rows
    except RecordingError:
        raise
    except ValueError:
        pass  # `_fault` parses again, slowly, to find the line
    raise RecordingError(_fault(text, columns, skip))


def _fault(text: str, columns: int, skip: int) -> str:
    for number, line in enumerate(_lines(text), 1):
        if number <= skip or not line.strip():
            continue
        fields = line.split(",")
        if len(fields) != columns:
            return f"line {number}: {len(fields)} columns where there should be {columns}"
        for field in fields:
            try:
                if not isfinite(float(field)):
                    return f"line {number}: a value is {field.strip()}, not a number"
            except ValueError:
                return f"line {number}: {field.strip()[:20]!r} is not a number"
    return "the rows cannot be read as numbers"


def _lines(text: str) -> Iterator[str]:
    """Yield the lines one by one; io.StringIO would copy the text to four bytes a character."""
    start = 0
    for number in range(1, MAX_LINES + 1):
        end = text.find("\n", start)
        last = end < 0
        end = len(text) if last else end
        if end - start > MAX_LINE:
            raise RecordingError(f"line {number} has {end - start} characters, too many for a row")
        yield text[start:end]
        if last:
            return
        start = end + 1
    raise RecordingError(f"has more than {MAX_LINES} lines: cut it into recordings")
