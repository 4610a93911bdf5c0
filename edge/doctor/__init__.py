"""Diagnosis of a sensor: `measure` reads some seconds of a source, `examine` checks them.

A check is a function from a Measurement to Findings. To add one, write it and list it in CHECKS.
"""

from __future__ import annotations

from collections.abc import Iterator

from edge.doctor import board, rest, stream
from edge.doctor.finding import FAULT, LEVELS, OK, WARNING, Finding, finding_from_error
from edge.doctor.measurement import Measurement, measure

__all__ = [
    "FAULT",
    "LEVELS",
    "OK",
    "WARNING",
    "Finding",
    "Measurement",
    "examine",
    "finding_from_error",
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
    """Yield the findings of all checks. A check without data to check has no finding."""
    for check in CHECKS:
        yield from check(measurement)
