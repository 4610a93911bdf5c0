"""Command-line options that the simulated sources share."""

from __future__ import annotations

import argparse
import math

from edge.simulation.seeds import seed


def add_mock_options(parser: argparse._ArgumentGroup, mock_help: str, seed_help: str) -> None:
    parser.add_argument("--mock", action="store_true", help=mock_help)
    parser.add_argument(
        "--seed", type=seed, default=0, metavar="N", help=f"with --mock: {seed_help}"
    )


def duration(text: str) -> float:
    """Parse a duration in seconds, for argparse."""
    if not 0 <= float(text) < math.inf:
        raise argparse.ArgumentTypeError(f"{text} is not a duration: give seconds, 0 or more")
    return float(text)
