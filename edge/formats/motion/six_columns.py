"""Headerless rows of six: acceleration and turn rate, in units that the size of gravity tells.

There are no times in such files. Rows in mg and deg/s are those of the handwriting pen of
metanav/Handwriting_Recognition_IMU (`readings_<n>_digit_<d>.csv`): an ICM-20948 at +-2 g and
+-250 deg/s whose sketch waits 30 ms after each reading, and reads, prints and paints a touch screen
in between. That is 33 Hz at most; 5 to 6 ms for the rest make it 28 Hz. The data themselves do not
tell (turned gravity against the gyro gives no consistent step: the tip's own motion is larger).
Other units are what a serial log of this project's sensors would hold, so they get its 100 Hz.
"""

from __future__ import annotations

import numpy as np

from edge.errors import RecordingError
from edge.formats.motion.recording import Recording
from edge.formats.motion.table import numbers
from edge.samples import DEGREE, MOTION, STANDARD_GRAVITY

PEN_RATE = 28.0
PEN_RAILS = (2 * STANDARD_GRAVITY, 250 * DEGREE)
OWN_RATE = 100.0


def recognises(text: str) -> bool:
    return text.lstrip().partition("\n")[0].count(",") == 5


def parse(text: str) -> Recording:
    rows = numbers(text, 6)
    if not len(rows):
        raise RecordingError("is empty: record it again")
    gravity = float(np.median(np.linalg.norm(rows[:, :3], axis=1)))
    rate, rails = OWN_RATE, None
    if 300 < gravity < 5000:  # mg
        rate, rails = PEN_RATE, PEN_RAILS
        scale = [STANDARD_GRAVITY / 1000] * 3 + [DEGREE] * 3
    elif 0.5 < gravity < 3:  # g
        scale = [STANDARD_GRAVITY] * 3 + [DEGREE] * 3
    elif 5 < gravity < 30:  # m/s^2
        scale = [1.0] * 6
    else:
        raise RecordingError(
            f"its first three columns have a length of {gravity:.3g}, which is gravity in no unit"
        )
    return Recording.checked(np.arange(len(rows)) / rate, rows * scale, MOTION, rails)
