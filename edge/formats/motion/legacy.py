"""What AirDigit users already have: headerless CSV of an accelerometer alone.

phone app     one line x,y,z,x,y,z,... (48 triples)       m/s^2                      50 ms
phone server  one line of 24 triples, padded 0.0,9.8,0.0  m/s^2                      50 ms
course        75 rows ax,ay,az                            g                          20 ms
sketch        30 rows, then three blank lines             g, gravity of the pose at  50 ms
                                                          power-on subtracted
"""

from __future__ import annotations

import numpy as np

from edge.errors import RecordingError
from edge.formats.motion.recording import Recording
from edge.formats.motion.table import numbers
from edge.samples import ACCEL, STANDARD_GRAVITY

PHONE_STEP = SKETCH_STEP = 0.05  # s
COURSE_STEP = 0.02
SKETCH_ROWS = 30
PADDING = (0.0, 9.8, 0.0)
LONGEST_LINE = 100_000  # characters, hundreds of strokes


def recognises(text: str) -> bool:
    text = text.strip()
    return "\n" not in text or text.partition("\n")[0].count(",") == 2


def parse(text: str) -> Recording:
    if "\n" not in text.strip():
        return _phone(text.strip())
    rows = numbers(text, 3)
    if np.median(np.linalg.norm(rows, axis=1)) > 4:
        raise RecordingError(
            "its rows are m/s^2 without times, so their rate is unknown: "
            "put t_ms,ax,ay,az into its first line and times into its first column"
        )
    # Blank lines stand where the sketch puts them.
    block = len(text.strip().split("\n\n", 1)[0].split("\n"))
    sketch = SKETCH_ROWS in (len(rows), block)
    t = np.arange(len(rows)) * (SKETCH_STEP if sketch else COURSE_STEP)
    return Recording.checked(t, rows * STANDARD_GRAVITY, ACCEL, gravity_removed=sketch)


def _phone(line: str) -> Recording:
    if len(line) > LONGEST_LINE:
        raise RecordingError("its one line is too long for one stroke: cut it")
    fields = line.split(",")
    if len(fields) % 3 == 1 and fields[-1].strip() in ("", "0", "0.0"):
        fields.pop()  # what the app leaves behind its last triple
    if len(fields) % 3 or len(fields) < 6:
        raise RecordingError(f"its one line holds {len(fields)} values, which are no triples x,y,z")
    rows = numbers(",".join(fields), len(fields)).reshape(-1, 3)
    real = np.flatnonzero((rows != PADDING).any(axis=1))
    if not len(real):
        raise RecordingError("holds nothing but padding: record it again")
    rows = rows[: real[-1] + 1]
    return Recording.checked(np.arange(len(rows)) * PHONE_STEP, rows, ACCEL)
