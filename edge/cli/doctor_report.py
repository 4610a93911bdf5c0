"""Prints the findings of the doctor: as text for people, or as JSON for programs."""

from __future__ import annotations

import json
import shutil
import sys
import textwrap
from collections import Counter
from dataclasses import replace

from edge.cli.status_line import StatusLine
from edge.console import BOLD, DIM, GREEN, PLAIN, RED, YELLOW, supports_escape_codes
from edge.doctor import FAULT, OK, WARNING, Finding
from edge.sink.event_json import rounded
from edge.text import one_line

COLOURS = {OK: GREEN, WARNING: YELLOW, FAULT: RED}
INDENT = 22  # columns before the text of a finding
MAX_WIDTH = 100  # columns
BAR = 20  # characters


class Report:
    """Prints and counts the findings of one examination."""

    def __init__(self, seconds: float) -> None:
        """`seconds`: how long the measurement takes."""
        self.seconds = seconds
        self.counts: Counter[str] = Counter()

    def show(self, finding: Finding) -> None:
        self.counts[finding.level] += 1

    def ask_to_hold_still(self) -> None:
        """Ask the user not to touch the sensor from now on."""

    def progress(self, done: float) -> None:
        """Show how many seconds have been measured."""

    def close(self) -> None:
        """Print the summary, after the examination or when it was interrupted."""


class JsonReport(Report):
    """One object for each finding, and a summary."""

    def show(self, finding: Finding) -> None:
        super().show(finding)
        self._print(
            event="finding",
            check=finding.check,
            level=finding.level,
            text=finding.text,
            fix=finding.fix,
            values={name: rounded(value) for name, value in finding.values.items()},
        )

    def close(self) -> None:
        ok, warnings, faults = (self.counts[level] for level in (OK, WARNING, FAULT))
        healthy = bool(ok) and not faults
        self._print(event="summary", ok=ok, warnings=warnings, faults=faults, healthy=healthy)

    @staticmethod
    def _print(**event: object) -> None:
        print(json.dumps(event, allow_nan=False), flush=True)


class TerminalReport(Report):
    """One line for each finding, wrapped and coloured on a terminal; progress is on stderr."""

    def __init__(self, seconds: float) -> None:
        super().__init__(seconds)
        self._colour = supports_escape_codes(sys.stdout)
        self._progress = StatusLine()

    def show(self, finding: Finding) -> None:
        super().show(finding)
        self._progress.clear()
        finding = replace(
            finding, text=one_line(finding.text), fix=finding.fix and one_line(finding.fix)
        )
        level = f"{finding.level:<9}"
        if not self._colour:
            fix = f" -> {finding.fix}" if finding.fix else ""
            print(f"{level}{finding.check:<12} {finding.text}{fix}", flush=True)
            return
        first, *more = self._wrapped(finding.text)
        print(f"{COLOURS[finding.level]}{level}{PLAIN}{finding.check:<12} {first}")
        for line in more:
            print(" " * INDENT + line)
        for number, line in enumerate(self._wrapped(finding.fix or "", 3)):
            print(f"{' ' * INDENT}{'   ' if number else '-> '}{BOLD}{line}{PLAIN}")
        sys.stdout.flush()

    def ask_to_hold_still(self) -> None:
        print("Lay the sensor on the table and do not touch it ...", file=sys.stderr, flush=True)

    def progress(self, done: float) -> None:
        full = round(min(done / self.seconds, 1) * BAR)
        bar = "#" * full + "." * (BAR - full)
        self._progress.show(f"{DIM}[{bar}] {done:.1f} of {self.seconds:g} s{PLAIN}")

    def close(self) -> None:
        self._progress.clear()
        if not self.counts:
            return
        warnings, faults = self.counts[WARNING], self.counts[FAULT]
        problems = [_plural(faults, "fault")] * bool(faults)
        problems += [_plural(warnings, "warning")] * bool(warnings)
        checks = _plural(sum(self.counts.values()), "check")
        worst = FAULT if faults else WARNING if warnings else OK
        text = f"{' and '.join(problems) or 'all is well'} in {checks}"
        print(f"\n{COLOURS[worst]}{BOLD}{text}{PLAIN}" if self._colour else text, flush=True)

    @staticmethod
    def _wrapped(text: str, indent: int = 0) -> list[str]:
        width = min(shutil.get_terminal_size().columns, MAX_WIDTH) - INDENT - indent - 1
        return textwrap.wrap(text, max(width, 20), break_on_hyphens=False)


def _plural(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' * (number != 1)}"
