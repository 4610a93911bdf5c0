"""Command-line options of every recording session."""

from __future__ import annotations

import argparse
from pathlib import Path


def add_session_options(
    group: argparse._ArgumentGroup, takes: int, takes_help: str, folder: str
) -> None:
    """Add --takes, --out and --json; `takes` and `folder` are defaults."""
    group.add_argument(
        "--takes", type=_take_count, default=takes, metavar="N", help=f"{takes_help} ({takes})"
    )
    group.add_argument(
        "--out",
        type=Path,
        default=Path(folder),
        metavar="DIR",
        help=f"folder for the files ({folder})",
    )
    group.add_argument(
        "--json",
        action=argparse.BooleanOptionalAction,
        default=False,
        help="print one JSON object for each take",
    )


def _take_count(text: str) -> int:
    if not 1 <= int(text) <= 10_000:
        raise argparse.ArgumentTypeError(f"{text} is not a number of takes: 1 to 10000")
    return int(text)
