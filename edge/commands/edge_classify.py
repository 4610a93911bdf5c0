"""Say what each of some recordings holds, as one JSON object a line.

  edge-classify airdigit take.csv                 a shipped model by its name
  edge-classify kws yes.wav no.flac               sound, of any rate and number of channels
  edge-classify my_digits.tflite takes/           every recording in a folder
  find . -name '*.csv' | edge-classify airdigit - names from a pipe, thousands of them

A recording holds one stroke or one word, idle time around it is no problem. The label is the most
probable of all, "none" or "silence" among them. Thresholds are for live streams: a file is asked
about on purpose, and words are likelier in a short one than in a moment of a stream. A file that
cannot be used gives {"file": ..., "error": ...}, and the exit status is then 1 at the end.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from importlib import import_module
from pathlib import Path
from time import monotonic
from types import ModuleType
from typing import Any, TextIO

from edge.cli.options import CommandParser, add_common, add_runtime_option
from edge.cli.run import run_command
from edge.console import supports_escape_codes
from edge.errors import EdgeError, RecordingError
from edge.formats.sound import Sound
from edge.model import Model
from edge.model.requirements import check_recording
from edge.samples import Chunk
from edge.sink.json_lines import rounded

# What reads the files that a model's kind of input comes in: a module with `find` and `read`.
READERS = {
    "sound": "edge.formats.sound",
    "stroke": "edge.formats.motion",
}
PROGRESS_EVERY = 0.25  # seconds


def main(argv: Sequence[str] | None = None) -> int:
    parser = CommandParser("edge-classify", __doc__)
    parser.add_argument("model", metavar="MODEL", help="a shipped model or a .tflite file")
    parser.add_argument(
        "files", nargs="+", metavar="FILE", help="a recording, a folder, or - for names from stdin"
    )
    add_runtime_option(parser)
    add_common(parser)
    return run_command(parser, _classify_all, argv)


def _classify_all(args: argparse.Namespace) -> int:
    model = Model.load(args.model, args.runtime)
    reader = import_module(READERS[model.manifest.input["kind"]])
    progress = _Progress(sys.stderr)
    failed = False
    for file in _expand(args.files, reader):
        try:
            answer = {"file": str(file), **classify(model, reader, file)}
        except (EdgeError, OSError) as error:
            answer = {"file": str(file), "error": str(error)}
            failed = True
        except MemoryError:
            answer = {"file": str(file), "error": "is too long to be held: listen to it (--replay)"}
            failed = True
        print(json.dumps(answer, allow_nan=False), flush=True)
        progress.step()
    progress.clear()
    return 1 if failed else 0


def classify(model: Model, reader: ModuleType, file: Path) -> dict[str, Any]:
    """Label, score and all scores of the one thing that the file holds."""
    if file.is_dir():
        raise RecordingError("is a folder without any recording: name one that has some")
    recording = reader.read(file)
    check_recording(model, recording)
    if isinstance(recording, Sound):
        recording = recording.at(model.manifest.rate_hz)
    scores = model.score_recording(Chunk(recording.t, recording.values), recording.channels)
    label = model.labels[scores.argmax()]
    by_label = {name: rounded(float(s)) for name, s in zip(model.labels, scores, strict=True)}
    return {"label": label, "score": by_label[label], "scores": by_label}


def _expand(files: Iterable[str], reader: ModuleType) -> Iterator[Path]:
    """The files in their order, folders replaced by what is in them, - by what stdin names."""
    for file in files:
        if file == "-":
            lines = (line.rstrip("\n") for line in sys.stdin)
            yield from _expand((line for line in lines if line not in ("", "-")), reader)
        elif os.path.isdir(file):
            yield from reader.find([file]) or [Path(file)]  # which is refused there
        else:
            yield Path(file)


class _Progress:
    """How many files are done, where somebody watches and the answers go elsewhere."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream
        self._shown = supports_escape_codes(stream) and not sys.stdout.isatty()
        self._next = monotonic() + PROGRESS_EVERY
        self._done = 0

    def step(self) -> None:
        self._done += 1
        if self._shown and monotonic() >= self._next:
            self._next = monotonic() + PROGRESS_EVERY
            print(f"\r{self._done} files\x1b[K", end="", file=self.stream, flush=True)

    def clear(self) -> None:
        if self._shown:
            print("\r\x1b[K", end="", file=self.stream, flush=True)
