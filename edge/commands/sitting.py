"""One sitting of the recorder: asks for takes, shows each, saves it, until there are enough."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from edge.console import paints
from edge.errors import EdgeError, RecordingError, SourceError
from edge.recording import Recording
from edge.recording.capture import Capture, Take
from edge.recording.names import NONE
from edge.recording.store import save
from edge.recording.take import facts, judged, sketch
from edge.sink.terminal import ERASE
from edge.source import Source

ENOUGH = 10  # refused takes in a row, after which something else is wrong


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
            capture = Capture(source.rate, self.args.seconds, self.args.label == NONE)
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
        if self.args.label == NONE:
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


def prepare(out: Path) -> None:
    """Before anything is done: a folder that takes can go to."""
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise EdgeError(f"{out} cannot be made ({error.strerror}): choose another --out") from None
    if not os.access(out, os.W_OK):
        raise EdgeError(f"{out} cannot be written to: choose another --out")


def count(text: str) -> int:
    """The type of --takes."""
    if not 1 <= int(text) <= 10_000:
        raise argparse.ArgumentTypeError(f"{text} is no number of takes: 1 to 10000")
    return int(text)


def say(text: str) -> None:
    """On a terminal, over whatever a meter has left in the line."""
    print(text + (ERASE if paints(sys.stderr) else ""), file=sys.stderr, flush=True)


def print_json(event: dict[str, object]) -> None:
    print(json.dumps(event, allow_nan=False), flush=True)
