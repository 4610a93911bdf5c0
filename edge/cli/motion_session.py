"""One sitting of the motion recorder: asks for takes, shows each, saves it, until it has enough."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from datetime import datetime

from edge.cli.recorder import ENOUGH, print_json, say
from edge.errors import EdgeError, RecordingError, SourceError
from edge.formats.motion import Recording
from edge.formats.motion.file_name import NONE_LABEL
from edge.source import Source
from edge.takes.motion.capture import Capture, Take
from edge.takes.motion.store import save
from edge.takes.motion.validation import facts, judged, sketch


class Sitting:
    """Prompts go to stderr; stdout has the files that were saved, or with --json an object each."""

    def __init__(self, args: argparse.Namespace) -> None:
        self.args = args
        self.prompt: Callable[[str], None] | None = None
        """Is told what is asked for, where nobody is there to read it."""
        self.saved = self.refused = self.in_a_row = 0

    def run(self, source: Source, stopping: Callable[[], bool]) -> None:
        chunks = iter(source)
        say("Hold the sensor still until you are asked to draw, and again when you have drawn.")
        while self.saved < self.args.takes:
            capture = Capture(source.rate, self.args.seconds, self.args.label == NONE_LABEL)
            take, on_rail, asked = None, source.health.clipped, False
            while take is None:
                if capture.ready and not asked:
                    asked, on_rail = True, source.health.clipped
                    self._ask()
                chunk = next(chunks, None)
                if stopping():
                    return
                if chunk is None:
                    raise SourceError(
                        f"the source ended after {self.saved} of {self.args.takes} takes"
                    )
                take = next(capture.feed(chunk), None)
            self._judge(take, source, source.health.clipped - on_rail)

    def close(self, command: str) -> None:
        """Say what there is, and how to go on if it is not yet enough."""
        done = self.saved == self.args.takes
        say(f"{self.saved} of {self.args.takes} takes are saved in {self.args.out}")
        if not done:
            say(f"go on with: {command}")
        if self.args.json:
            counts = {"saved": self.saved, "rejected": self.refused, "out": str(self.args.out)}
            print_json({"event": "summary", "label": self.args.label, **counts})

    def _ask(self) -> None:
        number = f"take {self.saved + 1} of {self.args.takes}"
        if self.args.label == NONE_LABEL:
            say(f"do what is no digit, for {self.args.seconds:g} s ... {number}")
        else:
            article = "an" if self.args.label[0] == "8" else "a"
            say(f"draw {article} {self.args.label} ... {number}")
        if self.prompt:
            self.prompt(self.args.label)

    def _judge(self, take: Take, source: Source, on_rail: int) -> None:
        try:
            recording = judged(take, source.channels, on_rail)
        except RecordingError as fault:
            self.refused += 1
            self.in_a_row += 1
            self._report({"event": "rejected", "reason": str(fault)}, f"  not saved: {fault}")
            if self.in_a_row == ENOUGH:
                raise EdgeError(
                    f"{ENOUGH} takes in a row were refused, the last because: {fault}"
                ) from None
            return
        args = self.args
        path = save(recording, args.out, args.label, args.format, datetime.now())
        self.saved += 1
        self.in_a_row = 0
        self._report({"event": "take", "file": str(path), **facts(recording)}, _lines(recording))
        if not args.json:
            print(f"  saved {path}", flush=True)

    def _report(self, event: dict[str, object], text: str) -> None:
        if self.args.json:
            number = {"label": self.args.label, "take": self.saved, "of": self.args.takes}
            print_json(event | number)
        else:
            say(text)


def _lines(recording: Recording) -> str:
    found = facts(recording)
    turn = f", {found['peak_gyro']:g} rad/s" if "peak_gyro" in found else ""
    encoding = (sys.stderr.encoding or "ascii").lower()
    return (
        f"  |{sketch(recording, encoding.startswith('utf'))}|\n"
        f"  {found['seconds']:g} s, {found['samples']} samples at {found['rate']:g} Hz, none lost; "
        f"peak {found['peak_accel']:g} m/s^2{turn}"
    )
