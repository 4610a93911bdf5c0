"""Edge Impulse's acquisition JSON, a common format to exchange sensor data.

https://docs.edgeimpulse.com/reference/data-acquisition-format. `parse` does not check signatures,
and `render` writes none (`alg` none), which the format allows.
"""

from __future__ import annotations

import json
import re
from datetime import datetime, timezone
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.errors import RecordingError
from edge.formats.motion.file_name import session_of
from edge.formats.motion.recording import Recording
from edge.samples import ACCEL, DEGREE, MOTION, STANDARD_GRAVITY

SUFFIX = ".json"
MAX_LENGTH = 8 << 20  # characters; a parsed number needs ten times the memory of its text
SEPARATOR = "."  # Edge Impulse's uploader uses the file name up to the first dot as the label

# Names of axes in use: ax, accX, acc_x, accelerometer_x, gx, gyrX, gyro.x, gyroscope_x ...
AXIS = re.compile(r"(a|acc|accel|accelerometer|g|gyr|gyro|gyroscope)[ ._-]?([xyz])", re.IGNORECASE)
# Factors to SI units, by the first letter of the axis: a(cceleration) or g(yroscope).
UNITS = {
    "a": {
        "m/s2": 1.0,
        "m/s^2": 1.0,
        "m/s²": 1.0,
        "g": STANDARD_GRAVITY,
        "mg": STANDARD_GRAVITY / 1000,
    },
    "g": {
        "rad/s": 1.0,
        "deg/s": DEGREE,
        "dps": DEGREE,
        "°/s": DEGREE,
        "mdps": DEGREE / 1000,
    },
}
# The data forwarder writes these, as it does not know the unit: SI units are assumed.
UNSTATED = ("n/a", "")


def recognises(text: str) -> bool:
    return text.lstrip()[:1] in ("{", "[")


def parse(text: str) -> Recording:
    if len(text) > MAX_LENGTH:
        raise RecordingError(f"is JSON of more than {MAX_LENGTH >> 20} MB: cut it into recordings")
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        if isinstance(error, json.JSONDecodeError) and (
            error.pos >= len(text.rstrip()) - 1 or error.msg.startswith("Unterminated string")
        ):
            raise RecordingError("the JSON ends too early: the file was cut off") from None
        raise RecordingError("starts like JSON but is not valid JSON: export it again") from None
    try:
        payload = document["payload"]
        interval, sensors, values = (payload[k] for k in ("interval_ms", "sensors", "values"))
        names = [(str(sensor["name"]), str(sensor["units"])) for sensor in sensors]
    except (KeyError, TypeError, IndexError):
        raise RecordingError(
            "is JSON but not an Edge Impulse recording (payload.interval_ms, .sensors, .values)"
        ) from None
    if isinstance(interval, bool) or not isinstance(interval, (int, float)) or not interval > 0:
        raise RecordingError(f"its interval_ms is {str(interval)[:20]}, not a positive number")
    order, scale = _find_axes(names)
    rows = _matrix(values, len(names))[:, order] * scale
    t = np.arange(len(rows)) * (float(min(interval, 1e9)) / 1000)
    return Recording.checked(t, rows, MOTION[: len(order)])


def recorded_at(text: str) -> int | None:
    """Return the time of recording in seconds since 1970, None if the text does not state it."""
    found = re.search(r'"iat"\s*:\s*(\d{9,10})\b', text[:4096])
    return int(found[1]) if found else None


def session(seconds: int) -> str:
    """Return the session of a recording that was made at this time (seconds since 1970)."""
    recorded = datetime.fromtimestamp(seconds, timezone.utc)
    return session_of(recorded.strftime("%Y%m%d"), recorded.strftime("%H%M%S"))


def render(recording: Recording) -> str:
    """Return the text of a file with the recording.

    Raise RecordingError for a recording with gaps: the format has one interval for all samples.
    """
    if (np.diff(recording.t) > 1.5 / recording.rate).any():
        raise RecordingError("has gaps, which Edge Impulse's format cannot store: write it as csv")
    document = {
        "protected": {"ver": "v1", "alg": "none"},
        "signature": "",
        "payload": {
            "device_type": "edge-sense",
            "interval_ms": round(1000 / recording.rate, 4),
            "sensors": [
                {"name": name, "units": "m/s2" if name in ACCEL else "rad/s"}
                for name in recording.channels
            ],
            "values": [[float(f"{value:.6g}") for value in row] for row in recording.values],
        },
    }
    return json.dumps(document, separators=(",", ":")) + "\n"


def _find_axes(names: list[tuple[str, str]]) -> tuple[list[int], list[float]]:
    """Return the columns in the order of MOTION, and the factor of each to SI units."""
    found: dict[str, tuple[int, float]] = {}
    for column, (name, unit) in enumerate(names):
        axis = AXIS.fullmatch(name.strip())
        if not axis:
            continue
        kind = axis[1][0].lower()
        unit = unit.strip().lower()
        factor = 1.0 if unit in UNSTATED else UNITS[kind].get(unit)
        if factor is None:
            raise RecordingError(f"the unit {unit[:20]!r} of {name[:20]!r} is not supported")
        found[kind + axis[2].lower()] = (column, factor)
    for channels in (MOTION, ACCEL):
        if all(name in found for name in channels):
            return [found[name][0] for name in channels], [found[name][1] for name in channels]
    listed = ", ".join(repr(name[:20]) for name, _ in names[:6]) or "nothing"
    raise RecordingError(f"was recorded by another sensor: it holds {listed}, not ax, ay, az")


def _matrix(values: Any, columns: int) -> NDArray[np.float64]:
    try:
        rows = np.array(values, np.float64)
    except (ValueError, TypeError, OverflowError):
        rows = np.empty(0)
    if rows.ndim == 2 and rows.shape[1] == columns:
        return rows
    if values == []:
        return np.empty((0, columns))
    raise RecordingError(f"its values are not rows of {columns} numbers, one for each sensor")
