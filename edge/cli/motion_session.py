"""A recording session of motion: takes of one label."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from edge.cli.recording_session import RecordingSession, print_json, say
from edge.console import supports_unicode
from edge.errors import RecordingError
from edge.formats.motion import Recording
from edge.formats.motion.file_name import NONE_LABEL
from edge.samples import GYRO
from edge.source import Source
from edge.takes.motion.capture import StrokeCapture, Take
from edge.takes.motion.storage import save_take
from edge.takes.motion.summary import sparkline, take_summary
from edge.takes.motion.validation import validate_take


@dataclass(frozen=True)
class MotionSessionSettings:
    label: str
    """What the user draws: a digit, or NONE_LABEL."""
    takes: int
    """How many takes to record."""
    folder: Path
    max_seconds: float
    """The longest stroke; with NONE_LABEL the length of every take."""
    file_format: str
    """A key of `edge.takes.motion.storage.FORMATS`."""
    json_output: bool


class MotionSession(RecordingSession[Take]):
    def __init__(self, settings: MotionSessionSettings) -> None:
        super().__init__(settings.json_output)
        self.settings = settings

    @property
    def remaining(self) -> int:
        return self.settings.takes - self.saved

    def run(self, source: Source, stopping: Callable[[], bool]) -> None:
        settings, chunks = self.settings, iter(source)
        say("Hold the sensor still until you are asked to draw, and again when you have drawn.")
        while self.remaining:
            capture = StrokeCapture(
                source.rate,
                settings.max_seconds,
                fixed_length=settings.label == NONE_LABEL,
                has_gyro=set(GYRO) <= set(source.channels),
            )
            captured = self._capture_take(settings.label, capture, source, chunks, stopping)
            if captured is None:
                return
            self._validate_and_save(*captured, source.channels)

    def close(self, command: str) -> None:
        """Report how many takes are saved; `command` records those that are remaining."""
        settings = self.settings
        say(f"{self.saved} of {settings.takes} takes are saved in {settings.folder}")
        if self.remaining:
            say(f"to continue: {command}")
        if self.json_output:
            counts = {"saved": self.saved, "rejected": self.rejected, "out": str(settings.folder)}
            print_json({"event": "summary", "label": settings.label, **counts})

    def _prompt(self, label: str) -> None:
        number = f"take {self.saved + 1} of {self.settings.takes}"
        if label == NONE_LABEL:
            seconds = self.settings.max_seconds
            say(f"do anything that is not a digit, for {seconds:g} s ... {number}")
        else:
            article = "an" if label[0] == "8" else "a"
            say(f"draw {article} {label} ... {number}")

    def _validate_and_save(self, take: Take, clipped: int, channels: tuple[str, ...]) -> None:
        settings = self.settings
        try:
            recording = validate_take(take, channels, clipped)
        except RecordingError as reason:
            self._report_rejected(
                reason, self._event("rejected", {"reason": str(reason)}, self.saved)
            )
            return
        path = save_take(
            recording, settings.folder, settings.label, settings.file_format, datetime.now()
        )
        event = self._event("take", {"file": str(path), **take_summary(recording)}, self.saved + 1)
        self._report_saved(path, event, _summary_text(recording))

    def _event(self, name: str, fields: Mapping[str, object], number: int) -> dict[str, object]:
        label, takes = self.settings.label, self.settings.takes
        return {"event": name, **fields, "label": label, "take": number, "of": takes}


def _summary_text(recording: Recording) -> str:
    summary = take_summary(recording)
    turn = f", {summary['peak_gyro']:g} rad/s" if "peak_gyro" in summary else ""
    return (
        f"  |{sparkline(recording, supports_unicode(sys.stderr))}|\n"
        f"  {summary['seconds']:g} s, {summary['samples']} samples at {summary['rate']:g} Hz, "
        f"none lost; peak {summary['peak_accel']:g} m/s^2{turn}"
    )
