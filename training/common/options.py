"""The options that every training of a model has."""

from __future__ import annotations

from pathlib import Path

from edge.cli.options import add_common
from edge.cli.parser import CommandParser
from edge.simulation.seeds import seed


def add_training_options(parser: CommandParser) -> None:
    """Add --out, --seed and the options of all commands."""
    parser.add_argument(
        "--out", type=Path, required=True, metavar="FILE.tflite", help="the model file to write"
    )
    parser.add_argument("--seed", type=seed, default=0, metavar="N", help="of the training (0)")
    add_common(parser)
