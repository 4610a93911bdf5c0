"""Is the sensor well? A measurement goes through the checks, each says what it found and the fix.

A check is a function from a measurement to findings; a new one is one line in CHECKS.
"""

from __future__ import annotations

from collections.abc import Iterator

from edge.doctor import board, rest, stream
from edge.doctor.finding import FAULT, LEVELS, OK, WARNING, Finding, broken
from edge.doctor.measurement import Measurement, measure

__all__ = [
    "FAULT",
    "LEVELS",
    "OK",
    "WARNING",
    "Finding",
    "Measurement",
    "broken",
    "examine",
    "measure",
]

CHECKS = (
    board.sensor,
    board.sleep,
    board.settings,
    board.restart,
    board.counters,
    stream.samples,
    rest.stillness,
    rest.gravity,
    rest.gyro,
    stream.rate,
    stream.loss,
    stream.clipping,
    stream.transfer,
)


def examine(measurement: Measurement) -> Iterator[Finding]:
    """What all checks found; those that the measurement has nothing for say nothing."""
    for check in CHECKS:
        yield from check(measurement)
