"""Show events on a terminal, and whether the stream is healthy.

On a terminal, a panel shows each detection, and the line at the bottom shows the state of the
stream. In a file or a pipe, each event is one line. NO_COLOR removes colours, nothing else.
"""

from __future__ import annotations

import argparse
import os
import shutil
from collections import deque
from dataclasses import replace
from time import monotonic
from typing import TextIO

import numpy as np

from edge.console import (
    BOLD,
    DIM,
    ERASE_BELOW,
    ERASE_LINE,
    GREEN,
    PLAIN,
    RED,
    YELLOW,
    supports_escape_codes,
    supports_unicode,
    uses_colours,
)
from edge.events import (
    Detection,
    Number,
    Ready,
    Rejection,
    Retraction,
    RunEvent,
    SequenceOutput,
    Summary,
)
from edge.samples import Chunk, Health
from edge.sink import Preview, Sink, StreamInfo
from edge.sink.braille import draw
from edge.sink.line_writer import LineWriter
from edge.sink.panel import large_text, large_width, panel
from edge.sink.sequence_text import drawings, sequence_text
from edge.sink.status import status_line, summary_lines
from edge.sink.stroke_text import reading_text, retraction_text

STATUS_EVERY = 0.25  # seconds
HINT_AFTER = 5.0  # seconds without an event
MAX_RETRACTED = 3  # detections that one stroke can retract
PREVIEW = (24, 10)  # columns and rows of the stroke that is being drawn


class TerminalSink(Sink):
    uses_stdout = True
    is_for_people = True

    @classmethod
    def from_options(cls, args: argparse.Namespace, info: StreamInfo) -> Sink | None:
        """The default: chosen unless another sink writes to stdout."""
        return cls(info)

    def __init__(self, info: StreamInfo, stream: TextIO | None = None) -> None:
        super().__init__(info, stream)
        self._writer = LineWriter(self.stream, may_drop=info.from_device)
        self._rate = info.rate
        self._live = supports_escape_codes(self.stream)
        self._colours = uses_colours(self.stream)
        self._unicode = supports_unicode(self.stream)
        self._status_at = -STATUS_EVERY
        self._event_at = monotonic()
        self._peak = 0.0
        self._windows = 0  # of which a waveform was computed
        self._right = self._wrong = self._true_rejections = 0
        self._verdicts: deque[tuple[float, bool]] = deque(maxlen=MAX_RETRACTED)
        """The time of the newest detections, and whether each was right."""

    def show(self, event: RunEvent) -> None:
        if isinstance(event, Ready):
            self._rate = event.rate
        shown = (Detection, Number, SequenceOutput, Rejection, Retraction, Summary)
        if not isinstance(event, shown):
            return  # a message on stderr tells it
        self._event_at = monotonic()
        if isinstance(event, Summary):
            lines = self._summary(event)
        elif isinstance(event, Number):
            lines = self._number(event)
        elif isinstance(event, SequenceOutput):
            lines = self._sequence(event)
        elif isinstance(event, Rejection):
            lines = self._rejection(event)
        elif isinstance(event, Retraction):
            lines = self._retraction(event)
        else:
            lines = self._detection(event)
        if lines:
            erase = ERASE_BELOW if self._live else ""
            end = ERASE_LINE if self._live else ""
            self._write(erase + "".join(f"{line}{end}\n" for line in lines))
            self._status_at = -STATUS_EVERY  # the lines have replaced the status line

    def progress(self, health: Health, chunk: Chunk, preview: Preview | None = None) -> None:
        if self._writer.is_behind:
            self._writer.drain()
        if not self._live or self._writer.is_behind:
            return
        if self.info.is_sound and len(chunk):
            self._peak = max(self._peak, float(np.abs(chunk.values).max()))
        now = monotonic()
        if now - self._status_at < STATUS_EVERY:
            return
        self._status_at = now
        peak = self._peak if self.info.is_sound else None
        hint = self.info.hint if now - self._event_at > HINT_AFTER else ""
        info = replace(self.info, rate=self._rate)
        text = status_line(health, info, peak, hint, self._unicode)
        self._peak = 0.0
        style = YELLOW if health.has_faults else DIM
        self._show_below([self._styled(style, text), *self._preview(preview)])

    def _show_below(self, lines: list[str]) -> None:
        """Show lines that the next output replaces: the cursor returns to the first of them."""
        up = f"\x1b[{len(lines) - 1}A" if len(lines) > 1 else ""
        self._write("\r" + f"{ERASE_LINE}\n".join(lines) + ERASE_BELOW + up + "\r")

    def _preview(self, preview: Preview | None) -> list[str]:
        trajectory = preview() if preview else None
        if trajectory is None or self._height() < PREVIEW[1] + 2:
            return []
        return [f" {line}" for line in draw(trajectory, *PREVIEW, braille=self._unicode)]

    def _detection(self, event: Detection) -> list[str]:
        verdict = self._verdict(event.label, event.truth)
        if event.truth is not None:
            self._verdicts.append((event.t, event.label == event.truth))
        if event.heart_rate is not None:
            line = f"{event.t:9.2f} s  {event.label}  {event.score:.2f}  {event.heart_rate:.0f}/min"
            return [self._styled(PLAIN if event.label == "N" else BOLD, line + verdict)]
        if not self._live:
            score, latency = f"{event.score:.2f}", f"{event.latency_ms:.0f} ms"
            return [f"{event.t:9.2f} s  {event.label}  {score}  {latency}{verdict}"]
        title = f" {event.label}  score {event.score:.2f}  at {event.t:.2f} s, "
        title += f"latency {event.latency_ms:.0f} ms"
        colour = GREEN if event.truth in (None, event.label) else RED
        drawing = panel(
            event, self._width() - 1, self._unicode, lambda bar: self._styled(colour, bar)
        )
        lines = ["", self._styled(BOLD, title + verdict), *drawing]
        if event.stroke is not None:
            lines.append(self._styled(DIM, f" {reading_text(event.stroke)}"))
        return lines

    def _sequence(self, event: SequenceOutput) -> list[str]:
        self._windows += 1
        lines = [self._styled(PLAIN, sequence_text(event))]
        return [*lines, *drawings(event, self._width(), self._unicode)] if self._live else lines

    def _retraction(self, event: Retraction) -> list[str]:
        for t, right in self._verdicts:
            if t == event.retracted_t:
                self._right -= right
                self._wrong -= not right
        text = retraction_text(event)
        return [self._styled(YELLOW, f" {text}" if self._live else f"{event.t:9.2f} s  {text}")]

    def _rejection(self, event: Rejection) -> list[str]:
        if event.truth == "":  # the simulated hand moved, but drew nothing
            self._true_rejections += 1
            return []
        verdict = self._verdict("", event.truth)
        return [self._styled(DIM, f"{event.t:9.2f} s  -  {event.reason}{verdict}")]

    def _verdict(self, label: str, truth: str | None) -> str:
        """A mark that says whether the label is the truth; empty if the truth is unknown."""
        if truth is None:
            return ""
        right = label == truth
        self._right += right
        self._wrong += not right
        if right:
            return "  ✓" if self._unicode else "  right"
        mark = "✗" if self._unicode else "wrong:"
        if self.info.is_ecg:
            return f"  {mark} the beat was {truth or 'none'}"
        done = "said" if self.info.is_sound else "drawn"
        return f"  {mark} {truth or 'nothing'} was {done}"

    def _number(self, event: Number) -> list[str]:
        if not self._live:
            return [f"{event.t:9.2f} s  number {event.digits}"]
        fits = large_width(event.digits) <= self._width() - 2
        drawn = large_text(event.digits, self._unicode) if fits else []
        title = self._styled(BOLD, f" number {event.digits}  at {event.t:.2f} s")
        return ["", title, *(self._styled(GREEN, f" {line}") for line in drawn)]

    def _summary(self, event: Summary) -> list[str]:
        # Only strokes that were shown count.
        event = replace(event, rejections=event.rejections - self._true_rejections)
        lines = summary_lines(event, self.info, self._windows)
        if self._right or self._wrong:
            total = self._right + self._wrong
            lines.append(f"compared with the simulation: {self._right} of {total} right")
        return lines

    def _styled(self, style: str, text: str) -> str:
        """The text in this style, if the terminal has colours; at most one line of the terminal."""
        if self._live:
            text = text[: self._width() - 1]
        return f"{style}{text}{PLAIN}" if self._colours else text

    def _write(self, text: str) -> None:
        encoding = self.stream.encoding or "ascii"
        self._writer.write(text.encode(encoding, "replace").decode(encoding))

    def close(self) -> None:
        self._writer.close()

    def _width(self) -> int:
        return self._size().columns or 80

    def _height(self) -> int:
        return self._size().lines

    def _size(self) -> os.terminal_size:
        try:
            return os.get_terminal_size(self.stream.fileno())
        except (OSError, ValueError):
            return shutil.get_terminal_size()
