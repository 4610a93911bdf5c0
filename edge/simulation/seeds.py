"""Seeds of simulated people: those of live simulation are never those of training."""

from __future__ import annotations

import argparse


def seed(text: str) -> int:
    """The type of the option --seed."""
    if int(text) < 0:
        raise argparse.ArgumentTypeError(f"{text} is no seed: give 0 or more")
    return int(text)


def person_seed(seed: int, number: int) -> int:
    """The seed of one person in live simulation: always odd, because training uses even ones.

    Different seeds, and different numbers, give different people.
    """
    return 2 * (seed * 1_000_003 + number) + 1
