"""Durations as command-line options of simulated sources."""

from __future__ import annotations

import argparse
import math


def add_duration_option(
    parser: argparse._ArgumentGroup, option: str, text: str, default: float = 0.0
) -> None:
    parser.add_argument(
        option, type=_duration, default=default, metavar="SECONDS", help=f"with --mock: {text}"
    )


def _duration(text: str) -> float:
    if not 0 <= float(text) < math.inf:
        raise argparse.ArgumentTypeError(f"{text} is not a duration: give seconds, 0 or more")
    return float(text)
