"""Notices a gyroscope that is off: its turn rate never changes while the sensor is moved."""

from __future__ import annotations

from edge.features.motion.span import Row

MOVED = 3.0  # m/s^2, change of an axis of the acceleration: the sensor was moved or turned
LEAST_TIME = 1.0  # s, for which the turn rate does not change: some phones begin with old values
DEAD_GYRO = (
    "the turn rate never changes, so the gyroscope is off and no stroke can be found: "
    "run airdigit-doctor"
)


class GyroCheck:
    """Takes the samples of a stream until the turn rate changes for the first time."""

    def __init__(self) -> None:
        self.is_open = True
        """Whether more samples are needed."""
        self._first: Row | None = None

    def finds_dead_gyro(self, row: Row) -> bool:
        """Whether this sample shows that the gyroscope is off; true at most once."""
        if self._first is None:
            self._first = row
        if row[4:] != self._first[4:]:
            self.is_open = False
        elif row[0] - self._first[0] >= LEAST_TIME and self._has_moved(row):
            self.is_open = False
            return True
        return False

    def _has_moved(self, row: Row) -> bool:
        assert self._first is not None
        changes = (abs(a - b) for a, b in zip(row[1:4], self._first[1:4], strict=True))
        return max(changes) > MOVED
