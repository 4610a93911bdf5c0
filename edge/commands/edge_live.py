"""Run a model of your own, or any other, on every source that its input fits.

  edge-live own.tflite --help          the options of the sources for this model
  edge-live own.tflite --mock          without hardware: a simulated signal
  edge-live own.tflite --port auto     a board on USB that prints one line of numbers a sample
  edge-live own.tflite --i2c 1         an MPU6050 on the Raspberry Pi's bus 1, for a model of motion
  edge-live own.tflite --replay a.csv  recordings, at the speed at which they were made
  edge-live own.tflite --mock --json   one JSON object for each event, for another program
  edge-live digits.tflite --replay images/

The model comes first; EDGE_MODEL can name it too. Its input says which sources fit: motion comes
from a board or I2C, sound from a microphone, an ECG and other signals from a board with one or more
numbers a line, and images from files. edge-convert makes such a model; edge-info shows what it
needs.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from edge.cli.live import LiveCommand, live
from edge.cli.options import add_common
from edge.cli.parser import CommandParser
from edge.cli.run import run_command
from edge.errors import EdgeError
from edge.model import read_manifest
from edge.model.shipped import find_model
from edge.samples import AUDIO
from edge.source import sources_for

PROG = "edge-live"
HINTS = {"spotting": "Say {words}.", "stroke": "Hold still, draw a digit in the air, hold still."}
HINT = "Nothing was recognised yet."


def main(argv: Sequence[str] | None = None) -> int:
    arguments = list(sys.argv[1:] if argv is None else argv)
    model = take_model(arguments)
    if model is None:
        return _without_model(arguments)
    try:
        command = command_for(model)
    except (EdgeError, OSError):
        return _without_model([model])  # prints the error as every command does
    return live(command, ["--model", model, *arguments])


def take_model(arguments: list[str]) -> str | None:
    """Take the model from the arguments, or from EDGE_MODEL; None if there is none."""
    if arguments and not arguments[0].startswith("-"):
        return arguments.pop(0)
    files = [argument for argument in arguments if argument.endswith(".tflite")]
    if files:
        arguments.remove(files[0])
        return files[0]
    asks_for_help = arguments[:1] in (["-h"], ["--help"])
    return None if asks_for_help else os.environ.get("EDGE_MODEL") or None


def command_for(model: str) -> LiveCommand:
    """The live command for a model; ModelError if it cannot be read."""
    manifest = read_manifest(find_model(model))
    channels = tuple(manifest.input["sensor"]["channels"])
    decision = manifest.decision["kind"]
    return LiveCommand(
        prog=PROG,
        description=__doc__,
        task=manifest.task,
        sources=sources_for(channels),
        hint=HINTS.get(decision, HINT),
        default_source="microphone" if channels == AUDIO else None,
        spots_words=decision == "spotting",
    )


def _without_model(arguments: Sequence[str]) -> int:
    """The parser for a model that is missing or cannot be read."""
    parser = CommandParser(PROG, __doc__)
    parser.add_argument("model", metavar="MODEL", help="a shipped model or a .tflite file")
    add_common(parser)

    def fail(args: argparse.Namespace) -> None:
        command_for(args.model)

    return run_command(parser, fail, arguments)
