"""Which simulated people a user meets, and which ones training may."""

from __future__ import annotations

import argparse


def seed(text: str) -> int:
    """Which people they are, as an option gives it."""
    if int(text) < 0:
        raise argparse.ArgumentTypeError(f"{text} is no seed: 0 or more")
    return int(text)


def person_seed(seed: int, number: int) -> int:
    """People of different seeds are different people; training uses the even numbers only."""
    return 2 * (seed * 1_000_003 + number) + 1
