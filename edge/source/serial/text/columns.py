"""Which column of a row holds which quantity."""

from __future__ import annotations

from dataclasses import dataclass

from edge.errors import SourceError
from edge.samples import ACCEL, GYRO, MOTION
from edge.source.serial.text.lines import names

TIME_UNITS = {"t_ms": 1e-3, "t_us": 1e-6, "t_s": 1.0}  # column name: its unit in s
OWN_HEADER = ["t_ms", *MOTION]
ACCEPTED = (
    "accepted are 3 (ax,ay,az), 6 (ax,ay,az,gx,gy,gz) and 7 (t_ms before these), or others "
    "after a header line such as t_ms,ax,ay,az"
)


@dataclass(frozen=True)
class ColumnLayout:
    width: int
    accel: list[int]
    gyro: list[int]
    """Empty for an accelerometer without a gyro."""
    time: int | None = None
    time_unit: float = 1e-3
    """s"""
    si: bool = False
    """The header is the one of this project's own recordings, which are in m/s^2 and rad/s."""

    @property
    def channels(self) -> tuple[str, ...]:
        return MOTION if self.gyro else ACCEL


def from_header(line: str) -> ColumnLayout:
    columns = names(line)
    times = [name for name in columns if name in TIME_UNITS]
    has_gyro = set(GYRO) <= set(columns)
    return ColumnLayout(
        len(columns),
        [columns.index(name) for name in ACCEL],
        [columns.index(name) for name in GYRO] if has_gyro else [],
        columns.index(times[0]) if times else None,
        TIME_UNITS[times[0]] if times else 1.0,
        columns == OWN_HEADER,
    )


def from_width(width: int) -> ColumnLayout:
    """Return the layout of rows without a header."""
    if width not in (3, 6, 7):
        raise SourceError(f"the board sends rows of {width} columns; {ACCEPTED}")
    first = width % 3
    return ColumnLayout(
        width,
        [first, first + 1, first + 2],
        [first + 3, first + 4, first + 5] if width > 3 else [],
        0 if first else None,
    )
