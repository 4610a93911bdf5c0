"""Formats of older AirDigit versions: CSV of an accelerometer alone, without a header.

phone app     one line x,y,z,x,y,z,... (48 triples)       m/s^2                      50 ms
phone server  one line of 24 triples, padded 0.0,9.8,0.0  m/s^2                      50 ms
course        75 rows ax,ay,az                            g                          20 ms
sketch        30 rows, then three blank lines             g, minus gravity in the    50 ms
                                                          pose at power-on
"""

from __future__ import annotations

import numpy as np

from edge.errors import RecordingError
from edge.formats.motion.recording import Recording
from edge.formats.motion.table import MAX_LINE, parse_rows
from edge.samples import ACCEL, STANDARD_GRAVITY

PHONE_STEP = SKETCH_STEP = 0.05  # s
COURSE_STEP = 0.02  # s
SKETCH_ROWS = 30
PADDING = (0.0, 9.8, 0.0)
MAX_IN_G = 4  # median length of an acceleration in g; in m/s^2 gravity alone is 9.8


def recognises(text: str) -> bool:
    text = text.strip()
    return "\n" not in text or text.partition("\n")[0].count(",") == 2


def parse(text: str) -> Recording:
    if "\n" not in text.strip():
        return _parse_phone(text.strip())
    rows = parse_rows(text, 3)
    if np.median(np.linalg.norm(rows, axis=1)) > MAX_IN_G:
        raise RecordingError(
            "its rows are m/s^2 without times, so their rate is unknown: "
            "put t_ms,ax,ay,az into its first line and times into its first column"
        )
    # The sketch writes blank lines after each block of rows.
    block = len(text.strip().split("\n\n", 1)[0].split("\n"))
    sketch = SKETCH_ROWS in (len(rows), block)
    t = np.arange(len(rows)) * (SKETCH_STEP if sketch else COURSE_STEP)
    return Recording.checked(t, rows * STANDARD_GRAVITY, ACCEL, gravity_removed=sketch)


def _parse_phone(line: str) -> Recording:
    if len(line) > MAX_LINE:
        raise RecordingError("its one line is too long for one stroke: cut it")
    fields = line.split(",")
    if len(fields) % 3 == 1 and fields[-1].strip() in ("", "0", "0.0"):
        fields.pop()  # the app writes one more comma, or zero, after the last triple
    if len(fields) % 3 or len(fields) < 6:
        raise RecordingError(
            f"its one line holds {len(fields)} values, which are not triples x,y,z"
        )
    rows = parse_rows(",".join(fields), len(fields)).reshape(-1, 3)
    real = np.flatnonzero((rows != PADDING).any(axis=1))
    if not len(real):
        raise RecordingError("holds nothing but padding: record it again")
    rows = rows[: real[-1] + 1]
    return Recording.checked(np.arange(len(rows)) * PHONE_STEP, rows, ACCEL)
