"""Check whether a sensor is wired correctly, awake and accurate. Each fault comes with a remedy.

Lay the sensor on the table and do not touch it while the command measures.

  airdigit-doctor --i2c 1              an MPU6050 on the Raspberry Pi's bus 1
  airdigit-doctor --port auto          a microcontroller on USB
  airdigit-doctor --replay take.csv    a recording: its rate, gaps, units and clipping
  airdigit-doctor --mock               without a sensor: what the findings look like
  airdigit-doctor --i2c 1 --json       one JSON object for each finding, then a summary

The exit status is 0 if there is no fault; warnings are not faults.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from time import monotonic

from edge.cli.doctor_report import JsonReport, Report, TerminalReport
from edge.cli.options import add_common
from edge.cli.parser import CommandParser
from edge.cli.run import run_command
from edge.cli.signals import INTERRUPTED, until_signal
from edge.doctor import FAULT, OK, Finding, examine, finding_from_error, measure
from edge.errors import EdgeError
from edge.source import HAND_MOTION, MOTION_SOURCES, Source
from edge.source.selection import add_source_options, choose_source


def main(argv: Sequence[str] | None = None) -> int:
    parser = CommandParser("airdigit-doctor", __doc__)
    add_source_options(parser, MOTION_SOURCES)
    group = parser.add_argument_group("examination")
    group.add_argument(
        "--seconds", type=_seconds, default=5.0, metavar="S", help="how long to measure (5)"
    )
    group.add_argument(
        "--json",
        action=argparse.BooleanOptionalAction,
        default=False,
        help="print one JSON object for each finding",
    )
    add_common(parser)
    return run_command(parser, _run, argv)


def _run(args: argparse.Namespace) -> int:
    source = choose_source(args, MOTION_SOURCES, HAND_MOTION)
    report: Report = (JsonReport if args.json else TerminalReport)(args.seconds)
    try:
        for finding in _examine(source, args.seconds, report):
            report.show(finding)
    except KeyboardInterrupt:
        report.close()
        return INTERRUPTED
    report.close()
    return 1 if report.counts[FAULT] else 0


def _examine(source: Source, seconds: float, report: Report) -> Iterator[Finding]:
    """Measure and yield findings.

    If the user interrupts the measurement, the samples so far are checked; without any, the
    examination ends with KeyboardInterrupt.
    """
    start = monotonic()
    try:
        source.__enter__()
    except EdgeError as error:
        yield finding_from_error("connection", error)
        return
    try:
        seconds_to_open = monotonic() - start
        device = source.describe().get("device")
        text = f"{device or 'the source'} is open, after {seconds_to_open:.1f} s"
        yield Finding("connection", OK, text, values={"seconds": seconds_to_open})
        if device:
            report.ask_to_hold_still()
        with until_signal() as stopping:
            measurement = measure(source, seconds, HAND_MOTION, report.progress, stopping)
            if stopping() and not len(measurement.t):
                raise KeyboardInterrupt
    finally:
        source.__exit__(None, None, None)
    yield from examine(measurement)


def _seconds(text: str) -> float:
    if not 1 <= float(text) <= 60:
        raise argparse.ArgumentTypeError(f"{text} is not a time to measure: 1 to 60 seconds")
    return float(text)
