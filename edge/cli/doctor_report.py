"""What the doctor found, as it is shown: to people on a terminal or in a file, and to programs."""

from __future__ import annotations

import json
import shutil
import sys
import textwrap
from collections import Counter

from edge.console import supports_escape_codes
from edge.doctor import FAULT, OK, WARNING, Finding
from edge.sink.json_lines import rounded

COLOURS = {OK: "\x1b[32m", WARNING: "\x1b[33m", FAULT: "\x1b[31m"}
BOLD, DIM, PLAIN, ERASE = "\x1b[1m", "\x1b[2m", "\x1b[0m", "\r\x1b[K"
INDENT = 22
WIDEST = 100
BAR = 20


class Report:
    """Shows and counts the findings of one examination."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.counts: Counter[str] = Counter()

    def show(self, finding: Finding) -> None:
        self.counts[finding.level] += 1

    def ask(self) -> None:
        """Somebody has to hold still now."""

    def progress(self, done: float) -> None:
        """So many seconds are measured."""

    def close(self) -> None:
        """The examination is over, or was interrupted."""


class JsonReport(Report):
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
    def _print(**line: object) -> None:
        print(json.dumps(line, allow_nan=False), flush=True)


class TerminalReport(Report):
    """A line a finding, which a terminal wraps and colours; how it goes on is shown on stderr."""

    def __init__(self, seconds: float) -> None:
        super().__init__(seconds)
        self._paints = supports_escape_codes(sys.stdout)
        self._moves = supports_escape_codes(sys.stderr)
        self._measuring = False

    def show(self, finding: Finding) -> None:
        super().show(finding)
        self._end_progress()
        level = f"{finding.level:<9}"
        if not self._paints:
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

    def ask(self) -> None:
        print("Lay the sensor on the table and do not touch it ...", file=sys.stderr, flush=True)

    def progress(self, done: float) -> None:
        if self._moves:
            self._measuring = True
            full = round(min(done / self.seconds, 1) * BAR)
            bar = "#" * full + "." * (BAR - full)
            text = f"{ERASE}{DIM}[{bar}] {done:.1f} of {self.seconds:g} s{PLAIN}"
            print(text, end="", file=sys.stderr, flush=True)

    def close(self) -> None:
        self._end_progress()
        warnings, faults = self.counts[WARNING], self.counts[FAULT]
        told = [_counted(faults, "fault")] * bool(faults)
        told += [_counted(warnings, "warning")] * bool(warnings)
        checks = _counted(sum(self.counts.values()), "check")
        if not self.counts:
            return
        worst = FAULT if faults else WARNING if warnings else OK
        text = f"{' and '.join(told) or 'all is well'} in {checks}"
        print(f"\n{COLOURS[worst]}{BOLD}{text}{PLAIN}" if self._paints else text, flush=True)

    def _end_progress(self) -> None:
        if self._measuring:
            self._measuring = False
            print(ERASE, end="", file=sys.stderr, flush=True)

    @staticmethod
    def _wrapped(text: str, hang: int = 0) -> list[str]:
        width = min(shutil.get_terminal_size().columns, WIDEST) - INDENT - hang - 1
        return textwrap.wrap(text, max(width, 20), break_on_hyphens=False)


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'s' * (number != 1)}"
