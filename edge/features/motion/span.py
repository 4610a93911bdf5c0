"""A stroke as the motion gate cuts it from a stream."""

from __future__ import annotations

from dataclasses import dataclass

Row = tuple[float, ...]
"""(t, ax, ay, az, gx, gy, gz) in seconds, m/s^2 and rad/s."""


@dataclass(frozen=True)
class Span:
    """A stroke, or several that may be one stroke with pauses in it."""

    rows: list[Row]
    """The samples, with the bias of the gyroscope removed."""
    end: float
    """When the hand came to rest."""
    decided: float
    """Time of the sample with which the end was known."""
    joined: int = 1
    """Number of movements in it, the newest last; rests lie between them."""
    longest_rest: float = 0.0
    """The longest of these rests, in seconds."""
    too_long: bool = False
    torn: bool = False
    """Samples are missing directly before or after it."""

    @property
    def start(self) -> float:
        return self.rows[0][0]
