"""Classify recordings: print the label and the scores of each file as one JSON object a line.

  edge-classify airdigit take.csv                 a shipped model by its name
  edge-classify kws yes.wav no.flac               sound, of any rate and number of channels
  edge-classify my_digits.tflite takes/           every recording in a folder
  find . -name '*.csv' | edge-classify airdigit - file names from a pipe, thousands of them
  edge-classify own.tflite 7.png signal.csv       a model of your own, see edge-convert

A recording contains one stroke or one word; idle time before and after it does not matter. The
label is the one with the highest score, "none" and "silence" included. Thresholds are not applied:
they are for live streams; a digit that was drawn has "accepted": true if its score is also high
enough for a program that must not act on other gestures. In a short file a word is more likely than
in a moment of a stream, and the scores take this into account. A model of your own reads what its
input is: images (PNG, PGM, JPEG), tables of numbers (CSV), WFDB records, sound; its scores are the
mean over the windows of a recording, and a model that computes a waveform prints its values. A file
that cannot be used gives {"file": ..., "error": ...}, and the exit status is then 1.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from time import monotonic
from types import ModuleType
from typing import Any

from edge.api.classification import Classification, classify, reader_for, sequence_of
from edge.cli.options import add_common, add_runtime_option
from edge.cli.parser import CommandParser
from edge.cli.run import run_command
from edge.cli.status_line import StatusLine
from edge.decision.sequence import SequenceSettings
from edge.errors import EdgeError
from edge.model import Model
from edge.sink.event_json import rounded, sequence_object
from edge.text import one_line

PROGRESS_INTERVAL = 0.25  # s


def main(argv: Sequence[str] | None = None) -> int:
    parser = CommandParser("edge-classify", __doc__)
    parser.add_argument("model", metavar="MODEL", help="a shipped model or a .tflite file")
    parser.add_argument(
        "files",
        nargs="+",
        metavar="FILE",
        help="a recording, a folder, or - to read file names from stdin",
    )
    add_runtime_option(parser)
    add_common(parser)
    return run_command(parser, _classify_all, argv)


def _classify_all(args: argparse.Namespace) -> int:
    model = Model.load(args.model, args.runtime)
    reader = reader_for(model)
    # If the results are on the same terminal, they show the progress themselves.
    progress = StatusLine(enabled=not sys.stdout.isatty())
    next_progress = monotonic() + PROGRESS_INTERVAL
    failed = False
    for done, file in enumerate(_recordings(args.files, reader), 1):
        try:
            result = {"file": str(file), **_result(model, file)}
        except (EdgeError, OSError) as error:
            result = {"file": str(file), "error": one_line(str(error))}
            failed = True
        except MemoryError:
            result = {
                "file": str(file),
                "error": "is too long for the memory: use a live command with --replay",
            }
            failed = True
        print(json.dumps(result, allow_nan=False), flush=True)
        if monotonic() >= next_progress:
            next_progress = monotonic() + PROGRESS_INTERVAL
            progress.show(f"{done} files")
    progress.clear()
    return 1 if failed else 0


def _result(model: Model, file: Path) -> dict[str, Any]:
    if isinstance(model.settings, SequenceSettings):
        found = sequence_object(sequence_of(model, file))
        return {key: found[key] for key in ("start", "t", "rate", "unit", "values")}
    return _as_json(classify(model, file))


def _as_json(result: Classification) -> dict[str, Any]:
    scores = {label: rounded(score) for label, score in result.scores.items()}
    accepted = {} if result.accepted is None else {"accepted": result.accepted}
    return {"label": result.label, "score": scores[result.label], **accepted, "scores": scores}


def _recordings(files: Iterable[str], reader: ModuleType) -> Iterator[Path]:
    """Yield the files in their order.

    A folder is replaced by the recordings in it, and - by the files that stdin names.
    """
    for file in files:
        if file == "-":
            lines = (line.rstrip("\n") for line in sys.stdin)
            yield from _recordings((line for line in lines if line not in ("", "-")), reader)
        elif os.path.isdir(file):
            yield from reader.find([file]) or [Path(file)]  # refused when it is read
        else:
            yield Path(file)
