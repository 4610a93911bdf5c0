"""What the recorders of motion and of sound have in common."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path

from edge.console import supports_escape_codes
from edge.errors import EdgeError
from edge.sink.terminal import ERASE

ENOUGH = 10  # refused takes in a row, after which something else is wrong
INTERRUPTED = 130  # the exit status where takes are left


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
    print(text + (ERASE if supports_escape_codes(sys.stderr) else ""), file=sys.stderr, flush=True)


def print_json(event: dict[str, object]) -> None:
    print(json.dumps(event, allow_nan=False), flush=True)
