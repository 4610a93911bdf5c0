"""For people: what was drawn or said, what it was taken for, and whether the stream is well.

On a terminal; into a file or a pipe, or with NO_COLOR, it is a line an event.
"""

from __future__ import annotations

import math
import os
import shutil
from time import monotonic
from typing import TextIO

import numpy as np

from edge.console import (
    BOLD,
    DIM,
    ERASE,
    GREEN,
    PLAIN,
    YELLOW,
    supports_escape_codes,
    supports_unicode,
)
from edge.events import Detection, Number, Rejection, Summary
from edge.samples import Chunk, Health
from edge.sink import Sink
from edge.sink.panel import bar_of, large, panel, width_of

FOOTER_EVERY = 0.25  # seconds
HINT_AFTER = 5.0  # seconds without an event
METER = 12  # characters
QUIETEST = -60.0  # dB, where the meter begins; it ends at full scale


class TerminalSink(Sink):
    def __init__(
        self, rate: float, hint: str, stream: TextIO | None = None, sound: bool = False
    ) -> None:
        super().__init__(rate, hint, stream, sound)
        self._live = supports_escape_codes(self.stream)
        self._unicode = supports_unicode(self.stream)
        self._footer_at = -FOOTER_EVERY
        self._event_at = monotonic()
        self._peak = 0.0

    def show(self, event: Detection | Rejection | Number | Summary) -> None:
        self._event_at = monotonic()
        if isinstance(event, Summary):
            lines = summary_lines(event, self.rate, self.sound)
        elif isinstance(event, Number):
            lines = self._number(event)
        elif isinstance(event, Rejection):
            lines = [self._styled(DIM, f"{event.t:9.2f} s  -  {event.reason}")]
        elif self._live:
            lines = self._panel(event)
        else:
            score, latency = f"{event.score:.2f}", f"{event.latency_ms:.0f} ms"
            lines = [f"{event.t:9.2f} s  {event.label}  {score}  {latency}"]
        self._write("".join(line + (ERASE if self._live else "") + "\n" for line in lines))
        self._footer_at = -FOOTER_EVERY  # the panel took its place

    def progress(self, health: Health, chunk: Chunk) -> None:
        if not self._live:
            return
        if self.sound and len(chunk):
            self._peak = max(self._peak, float(np.abs(chunk.values).max()))
        now = monotonic()
        if now - self._footer_at < FOOTER_EVERY:
            return
        self._footer_at = now
        text = footer(health, self.rate, " · " if self._unicode else " | ", self.sound)
        unwell = health.lost or health.clipped or health.errors or health.garbage
        if now - self._event_at > HINT_AFTER:
            # The line ends where the terminal does, and what went wrong must be seen.
            text = f"{text}  {self.hint}" if unwell else f"{self.hint}  {text}"
        if self.sound:
            text = f"{meter(self._peak, self._unicode)}  {text}"
            self._peak = 0.0
        # The cursor returns to the beginning, so that whatever is printed next takes this line.
        style = YELLOW if unwell else DIM
        self._write("\r" + self._styled(style, text) + ERASE + "\r")

    def _number(self, event: Number) -> list[str]:
        if not self._live:
            return [f"{event.t:9.2f} s  number {event.digits}"]
        drawn = (
            [] if width_of(event.digits) > self._width() - 2 else large(event.digits, self._unicode)
        )
        title = self._styled(BOLD, f" number {event.digits}  at {event.t:.2f} s")
        return ["", title, *(f" {GREEN}{line}{PLAIN}" for line in drawn)]

    def _panel(self, event: Detection) -> list[str]:
        title = f" {event.label}  score {event.score:.2f}  at {event.t:.2f} s, "
        title += f"known {event.latency_ms:.0f} ms later"
        drawing = panel(event, self._width() - 1, self._unicode, lambda bar: f"{GREEN}{bar}{PLAIN}")
        return ["", self._styled(BOLD, title), *drawing]

    def _styled(self, style: str, text: str) -> str:
        return f"{style}{text[: self._width() - 1]}{PLAIN}" if self._live else text

    def _write(self, text: str) -> None:
        encoding = self.stream.encoding or "ascii"
        self.stream.write(text.encode(encoding, "replace").decode(encoding))
        self.stream.flush()

    def _width(self) -> int:
        try:
            return os.get_terminal_size(self.stream.fileno()).columns or 80
        except (OSError, ValueError):
            return shutil.get_terminal_size().columns


def footer(health: Health, rate: float, separator: str, sound: bool) -> str:
    measured = "--" if health.rate is None else f"{health.rate:.1f}"
    parts = [f"{health.lost} lost", f"{health.clipped} clipped", f"{health.errors} errors"]
    if not sound:  # its time counts samples: of its rate it says nothing
        parts.append(f"{measured}/{rate:g} Hz")
    return separator.join([*parts, f"{health.samples} samples"])


def meter(peak: float, unicode: bool) -> str:
    """How loud it is, as a bar and in dB below full scale."""
    level = max(20 * math.log10(peak), QUIETEST) if peak > 0 else QUIETEST
    bar = bar_of((1 - level / QUIETEST) * METER, unicode)
    return f"[{bar:<{METER}}] {level:3.0f} dB"


def summary_lines(event: Summary, rate: float, sound: bool = False) -> list[str]:
    """The run in two or three lines, in which only what went wrong is listed."""
    health = event.health
    strokes = event.detections + event.rejections
    counted = f"{strokes} strokes: {event.detections} recognised, {event.rejections} rejected"
    known = health.rate is not None and not sound
    measured = f" at {health.rate:.1f} Hz (nominal {rate:g})" if known else ""
    troubles = {
        "lost": health.lost,
        "clipped": health.clipped,
        "bytes of garbage": health.garbage,
        "errors survived": health.errors,
        "reconnects": health.reconnects,
    }
    trouble = ", ".join(f"{count} {what}" for what, count in troubles.items() if count)
    well = [] if event.failed else ["nothing lost, nothing clipped, no errors"]
    return [
        "",
        f"{event.detections} heard" if sound else counted,
        f"{health.samples} samples in {health.duration:.1f} s{measured}",
        *([trouble] if trouble else well),
    ]
