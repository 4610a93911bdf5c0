"""The project's own format: `t_ms,ax,ay,az,gx,gy,gz`, in milliseconds, m/s^2 and rad/s.

The last three columns are absent if the sensor has no gyroscope.
"""

from __future__ import annotations

from edge.errors import RecordingError
from edge.formats.motion.recording import Recording
from edge.formats.motion.table import parse_rows
from edge.samples import ACCEL, MOTION

HEADERS = {("t_ms", *channels): channels for channels in (MOTION, ACCEL)}
SUFFIX = ".csv"
SEPARATOR = "_"  # between the label and the time in a file name


def recognises(text: str) -> bool:
    """Return whether the first line is a header of any kind; the other formats have none."""
    first = text.partition("\n")[0]
    return any(character.isalpha() for character in first.replace("e", "").replace("nan", ""))


def parse(text: str) -> Recording:
    first = text.partition("\n")[0]
    names = tuple(name.strip().lower() for name in first.split(","))
    if names not in HEADERS:
        raise RecordingError(
            f"its columns are {first.strip()[:60]!r}; they should be t_ms,ax,ay,az,gx,gy,gz"
        )
    rows = parse_rows(text, len(names), skip=1)
    return Recording.checked(rows[:, 0] / 1000, rows[:, 1:], HEADERS[names])


def render(recording: Recording) -> str:
    """Return the text of a file with the recording."""
    lines = [",".join(("t_ms", *recording.channels))]
    for t, values in zip(recording.t, recording.values, strict=True):
        lines.append(
            ",".join([f"{round(t * 1000, 3):.10g}", *(f"{value:.6g}" for value in values)])
        )
    return "\n".join(lines) + "\n"
