"""Comma-separated numbers, parsed fast; an error names the line."""

from __future__ import annotations

import warnings
from io import StringIO
from math import isfinite

import numpy as np
from numpy.typing import NDArray

from edge.errors import RecordingError


def parse_rows(text: str, columns: int, skip: int = 0) -> NDArray[np.float64]:
    """Return all rows after the first `skip` lines, (n, columns); empty lines are ignored.

    Raise RecordingError if a row has another number of columns or a value that is not a number.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a text without rows: `Recording.checked` refuses it
            rows = np.loadtxt(StringIO(text), delimiter=",", comments=None, skiprows=skip, ndmin=2)
        if not rows.size:
            return np.empty((0, columns))
        if rows.shape[1] == columns and np.isfinite(rows).all():
            return rows
    except ValueError:
        pass  # `_fault` parses again, slowly, to find the line
    raise RecordingError(_fault(text, columns, skip))


def _fault(text: str, columns: int, skip: int) -> str:
    for number, line in enumerate(StringIO(text), 1):
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
