"""Checks of the numbers in a manifest's decision; ValueError names the value that is wrong."""

from __future__ import annotations

import math


def non_negative(value: float) -> float:
    number = float(value)
    if not 0 <= number < math.inf:
        raise ValueError(f"{value!r} is not a number of 0 or more")
    return number


def threshold_value(value: float, word: str) -> float:
    threshold = non_negative(value)
    if threshold > 1:
        raise ValueError(f"the threshold of {word} is {threshold}, and no score is over 1")
    return threshold
