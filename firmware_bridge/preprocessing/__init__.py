"""The preprocessing in C, for a microcontroller that runs the model itself.

What it computes is defined by `edge.features`. Its constants are copied from there by
`python -m firmware_bridge.preprocessing`, and the tests hold its numbers against Python's.
"""

from __future__ import annotations

import math
from pathlib import Path

from edge.features.motion import declip, gate, pose, stroke
from edge.model.manifest import fingerprint
from edge.samples import DEGREE, STANDARD_GRAVITY

FOLDER = Path(__file__).parent
CONSTANTS = FOLDER / "es_constants.h"
SOURCES = tuple(sorted(FOLDER.glob("es_*.[ch]")))

LARGEST_RATE_ERROR = 0.05  # of a sensor's oscillator; the buffer of samples allows for it
COUNTS = 32768  # of a 16-bit sensor, full scale
# Of the gate: what is compared with moments, and all else.
_MOMENTS = ("SHORTEST", "LONGEST", "PREROLL", "MARGIN", "GAP")
_LEVELS = (
    *("BEGIN", "QUIET", "QUIET_SHARE", "SHAKY", "LEAST_QUIET", "FAINT", "ACCEL_WEIGHT"),
    *("SMOOTHING", "LEVEL", "CALM_TIME", "BIAS_TIME", "REST_FOR_BIAS", "LARGEST_BIAS"),
)


def most_rows() -> int:
    """Samples that the gate ever keeps: what it reaches back for, the longest stroke, the quiet."""
    rate = stroke.StrokeFeatures.specification()["sensor"]["rate_hz"]
    seconds = gate.PREROLL + gate.MARGIN + gate.LONGEST + stroke.LIVE_HANG
    return math.ceil(seconds * rate * (1 + LARGEST_RATE_ERROR)) + 2


def constants() -> str:
    """The text of es_constants.h."""
    specification = stroke.StrokeFeatures.specification()
    sensor = specification["sensor"]
    moments = {name: getattr(gate, name) for name in _MOMENTS}
    moments["LIVE_HANG"] = stroke.LIVE_HANG
    reals = {name: getattr(gate, name) for name in _LEVELS}
    reals["NEAR"] = declip.NEAR
    reals["ACCEL_UNIT"] = sensor["accel_g"] * STANDARD_GRAVITY / COUNTS
    reals["GYRO_UNIT"] = sensor["gyro_dps"] * DEGREE / COUNTS
    integers = {
        "FEWEST": gate.FEWEST,
        "PLATEAU": declip.PLATEAU,
        "INTEGRATION_BINS": stroke.INTEGRATION_BINS,
        "POINTS": stroke.POINTS,
        "CHANNELS": pose.CHANNELS,
        "RATE_HZ": sensor["rate_hz"],
        "ACCEL_G": sensor["accel_g"],
        "GYRO_DPS": sensor["gyro_dps"],
        "MOST_ROWS": most_rows(),
    }
    lines = [
        *(f"#define ES_{name} ((es_time){float(value)!r})" for name, value in moments.items()),
        *(f"#define ES_{name} ((es_real){float(value)!r})" for name, value in reals.items()),
        *(f"#define ES_{name} {value}" for name, value in integers.items()),
    ]
    return "\n".join(
        [
            "/* Made by python -m firmware_bridge.preprocessing from edge/: do not edit. */",
            "#ifndef ES_CONSTANTS_H",
            "#define ES_CONSTANTS_H",
            "",
            *lines,
            "",
            "/* Of the input specification that this code implements. */",
            f"#define ES_INPUT_HASH 0x{fingerprint(specification)}ULL",
            "",
            "#endif",
            "",
        ]
    )
