"""A table of numbers as text: with or without a line of names, a column of times, and a rate."""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

from edge.errors import RecordingError
from edge.formats.files import decoded
from edge.text import MAX_VALUE, quoted, shortened

TIMES = {"t": 1.0, "t_s": 1.0, "time": 1.0, "seconds": 1.0, "t_ms": 1e-3, "t_us": 1e-6}
"""Names of a column of times, and their unit in s."""
SEPARATORS = {",": re.compile(r"\s*,\s*"), ";": re.compile(r"\s*;\s*"), " ": re.compile(r"\s+")}
MAX_ROWS = 2_000_000
MAX_LINE = 10_000  # characters


def parse(
    content: bytes, channels: tuple[str, ...], rate: float
) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
    """The times (n,) in s and the values (n, channels); RecordingError if it has none.

    Without names, the columns are the channels in their order, perhaps after a column of times in
    s. Without times, the rows come at `rate` Hz.
    """
    lines = _lines(content)
    separator = next((mark for mark in (",", ";") if mark in lines[0]), " ")
    names = _fields(lines[0], separator)
    has_names = any(not _is_number(name) for name in names)
    rows = _numbers(lines[has_names:], separator, len(names), 1 + has_names)
    columns = [name.strip("\"'").lower() for name in names] if has_names else []
    at, times = _layout(columns, len(names), channels)
    if times is None:
        t = np.arange(len(rows)) / rate
    else:
        t = rows[:, times] * TIMES.get(columns[times] if columns else "t", 1.0)
    return t, rows[:, at].astype(np.float32)


def _layout(
    columns: list[str], width: int, channels: tuple[str, ...]
) -> tuple[list[int], int | None]:
    """The columns of the channels, and that of the times if there is one."""
    count = len(channels)
    times = next((k for k, name in enumerate(columns) if name in TIMES), None)
    wanted = [name.lower() for name in channels]
    if columns and set(wanted) <= set(columns):
        return [columns.index(name) for name in wanted], times
    if times is not None and width == count + 1:
        return [k for k in range(width) if k != times], times
    if times is None and width == count:
        return list(range(count)), None
    if not columns and width == count + 1:
        return list(range(1, width)), 0
    shown = f"the columns {', '.join(columns)}" if columns else f"{width} columns"
    raise RecordingError(
        f"has {shortened(shown, MAX_VALUE)}, and the model needs {', '.join(channels)}: name them "
        "in the first line"
    )


def _lines(content: bytes) -> list[str]:
    text = decoded(content, "a table of numbers")
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    if not lines:
        raise RecordingError("is empty: record it again")
    if len(lines) > MAX_ROWS:
        raise RecordingError(f"has more than {MAX_ROWS} rows: cut it into recordings")
    return lines


def _numbers(lines: list[str], separator: str, width: int, first: int) -> NDArray[np.float64]:
    if not lines:
        raise RecordingError("has names but no numbers: record it again")
    try:
        rows = np.loadtxt(
            lines, delimiter=None if separator == " " else separator, comments=None, ndmin=2
        )
        if rows.shape[1] == width and np.isfinite(rows).all():
            return rows
    except ValueError:
        pass  # the line with the fault is found below
    for number, line in enumerate(lines, first):
        fields = _fields(line[:MAX_LINE], separator)
        if len(fields) != width:
            raise RecordingError(f"line {number}: {len(fields)} columns where should be {width}")
        for field in fields:
            if not _is_number(field) or not np.isfinite(float(field)):
                raise RecordingError(f"line {number}: {quoted(field[:20])} is not a number")
    raise RecordingError("the rows cannot be read as numbers")


def _fields(line: str, separator: str) -> list[str]:
    return SEPARATORS[separator].split(line.strip())


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
