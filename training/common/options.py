"""The options that every training of a model has."""

from __future__ import annotations

from pathlib import Path

from edge.cli.options import add_common
from edge.cli.parser import CommandParser
from edge.simulation.seeds import seed


def add_cluster_option(parser: CommandParser) -> None:
    """Add --cluster, for commands that run independent jobs."""
    parser.add_argument(
        "--cluster",
        metavar="ADDRESS",
        help="run independent jobs, such as simulated people, on a Ray cluster: auto (this machine "
        "is one of its nodes) or ray://HOST:PORT, see docs/cluster.md (processes of this machine)",
    )


def add_training_options(parser: CommandParser) -> None:
    """Add --out, --seed and the options of all commands."""
    parser.add_argument(
        "--out", type=Path, required=True, metavar="FILE.tflite", help="the model file to write"
    )
    parser.add_argument("--seed", type=seed, default=0, metavar="N", help="of the training (0)")
    add_common(parser)
