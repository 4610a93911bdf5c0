"""Restores peaks of the turn rate that the range of the gyroscope clipped.

A clipped peak makes the orientation wrong from there on. The flanks beside the plateau tell roughly
how high the peak was: a cubic through them, with their slopes, replaces the plateau.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

PLATEAU = 3  # samples in a row at the extreme value: no hand does that by chance
NEAR = 0.998  # of the extreme value: the two limits differ by one count


def declip(values: Array) -> Array:
    """The same columns, with the plateaus at their extreme value replaced by peaks."""
    values = values.copy()
    for column in values.T:
        _replace_plateaus(column)
    return values


def _replace_plateaus(column: Array) -> None:
    runs = _runs_at_extreme(column)
    if not any(end - start >= PLATEAU for start, end in runs):
        return
    for start, end in runs:
        if start < 2 or end > len(column) - 2 or end - start < 2:
            continue
        left, right, width = column[start - 1], column[end], end - start + 1
        slope_left, slope_right = left - column[start - 2], column[end + 1] - right
        u = np.arange(1, width) / width
        peak = (
            (2 * u**3 - 3 * u**2 + 1) * left
            + (u**3 - 2 * u**2 + u) * width * slope_left
            + (3 * u**2 - 2 * u**3) * right
            + (u**3 - u**2) * width * slope_right
        )
        sign = np.sign(column[start])
        column[start:end] = sign * np.maximum(np.abs(column[start:end]), sign * peak)


def clipped_share(values: Array) -> float:
    """The share of samples at which an axis stays at its own extreme value for PLATEAU samples."""
    on_plateau = np.zeros(len(values), bool)
    for column in values.T:
        for start, end in _runs_at_extreme(column):
            if end - start >= PLATEAU:
                on_plateau[start:end] = True
    return float(on_plateau.mean())


def _runs_at_extreme(column: Array) -> list[tuple[int, int]]:
    """Start and end of each run of samples at the extreme value of an axis, of either sign."""
    extreme = np.abs(column) >= NEAR * np.abs(column).max()
    edges = np.flatnonzero(np.diff(np.concatenate([[False], extreme, [False]]).astype(int)))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))
