"""Rows of six values without a header: acceleration and turn rate.

The size of gravity tells the units. Such files have no times, so the sample rate is assumed:

- Rows in mg and deg/s are recordings of the handwriting pen of
  metanav/Handwriting_Recognition_IMU (`readings_<n>_digit_<d>.csv`), an ICM-20948 at +-2 g and
  +-250 deg/s. Its sketch waits 30 ms after each reading, and reads, prints and draws on a touch
  screen in between. 30 ms alone would be 33 Hz; with 5 to 6 ms for the rest it is 28 Hz. The
  recordings do not show the rate: gravity turned by the gyroscope's angle gives no consistent
  step, because the pen's own motion is larger.
- Rows in other units are serial logs of this project's sensors, which send at 100 Hz.
"""

from __future__ import annotations

import numpy as np

from edge.errors import RecordingError
from edge.formats.motion.recording import Recording
from edge.formats.motion.table import parse_rows
from edge.samples import DEGREE, MOTION, STANDARD_GRAVITY

PEN_RATE = 28.0  # Hz
PEN_RAILS = (2 * STANDARD_GRAVITY, 250 * DEGREE)
OWN_RATE = 100.0  # Hz


def recognises(text: str) -> bool:
    return text.lstrip().partition("\n")[0].count(",") == 5


def parse(text: str) -> Recording:
    rows = parse_rows(text, 6)
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
            f"the length of its first three columns is {gravity:.3g}, which is not gravity in any "
            "unit: they should be ax,ay,az in m/s^2, g or mg"
        )
    return Recording.checked(np.arange(len(rows)) / rate, rows * scale, MOTION, rails)
