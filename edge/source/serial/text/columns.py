"""Which column of a row is what."""

from __future__ import annotations

from dataclasses import dataclass

from edge.errors import SourceError
from edge.samples import ACCEL, GYRO, MOTION
from edge.source.serial.text.lines import names

TIME = {"t_ms": 1e-3, "t_us": 1e-6, "t_s": 1.0}  # s in one of them
OWN_HEADER = ["t_ms", *MOTION]
ACCEPTED = (
    "accepted are 3 (ax,ay,az), 6 (ax,ay,az,gx,gy,gz) and 7 (t_ms in front of these), or others "
    "after a header line such as t_ms,ax,ay,az"
)


@dataclass(frozen=True)
class Layout:
    width: int
    accel: list[int]
    gyro: list[int]
    """Empty for an accelerometer alone."""
    time: int | None = None
    time_unit: float = 1e-3
    si: bool = False
    """The header is that of this project's own recordings, which are in m/s^2 and rad/s."""

    @property
    def columns(self) -> list[int]:
        return self.accel + self.gyro

    @property
    def channels(self) -> tuple[str, ...]:
        return MOTION if self.gyro else ACCEL


def from_header(line: str) -> Layout:
    named = names(line)
    times = [name for name in named if name in TIME]
    has_gyro = set(GYRO) <= set(named)
    return Layout(
        len(named),
        [named.index(name) for name in ACCEL],
        [named.index(name) for name in GYRO] if has_gyro else [],
        named.index(times[0]) if times else None,
        TIME[times[0]] if times else 1.0,
        named == OWN_HEADER,
    )


def from_width(width: int) -> Layout:
    """The layout of rows without a header."""
    if width not in (3, 6, 7):
        raise SourceError(f"the board sends rows of {width} columns; {ACCEPTED}")
    first = width % 3
    return Layout(
        width,
        [first, first + 1, first + 2],
        [first + 3, first + 4, first + 5] if width > 3 else [],
        0 if first else None,
    )
