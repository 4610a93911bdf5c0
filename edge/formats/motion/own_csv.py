"""The project's own format: `t_ms,ax,ay,az,gx,gy,gz`, milliseconds, m/s^2 and rad/s.

A sensor without gyro leaves the last three out.
"""

from __future__ import annotations

from edge.errors import RecordingError
from edge.formats.motion.recording import Recording
from edge.formats.motion.table import numbers
from edge.samples import ACCEL, MOTION

HEADERS = {("t_ms", *channels): channels for channels in (MOTION, ACCEL)}
SUFFIX = ".csv"
SEPARATOR = "_"


def recognises(text: str) -> bool:
    """Any header at all: without one it is a matter for the headerless formats."""
    first = text.partition("\n")[0]
    return any(character.isalpha() for character in first.replace("e", "").replace("nan", ""))


def parse(text: str) -> Recording:
    first = text.partition("\n")[0]
    names = tuple(name.strip().lower() for name in first.split(","))
    if names not in HEADERS:
        raise RecordingError(
            f"its columns are {first.strip()[:60]!r}; they should be t_ms,ax,ay,az,gx,gy,gz"
        )
    rows = numbers(text, len(names), skip=1)
    return Recording.checked(rows[:, 0] / 1000, rows[:, 1:], HEADERS[names])


def render(recording: Recording) -> str:
    lines = [",".join(("t_ms", *recording.channels))]
    for t, values in zip(recording.t, recording.values, strict=True):
        lines.append(
            ",".join([f"{round(t * 1000, 3):.10g}", *(f"{value:.6g}" for value in values)])
        )
    return "\n".join(lines) + "\n"
