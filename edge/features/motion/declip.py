"""Rounds out turns that were faster than the gyroscope's range.

A clipped peak makes every rotation after it wrong. Flanks say roughly how high it went: the cubic
through them, with their slopes, replaces the plateau.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

PLATEAU = 3  # samples in a row at the extreme value: no living hand does that by chance
NEAR = 0.998  # of the extreme: rails differ by a count between signs


def declip(values: Array) -> Array:
    """The same columns with plateaus at their extreme value rounded out."""
    values = values.copy()
    for column in values.T:
        _round_out(column)
    return values


def _round_out(column: Array) -> None:
    high = np.abs(column) >= NEAR * np.abs(column).max()
    edges = np.flatnonzero(np.diff(np.concatenate([[False], high, [False]]).astype(int)))
    runs = list(zip(edges[::2], edges[1::2], strict=True))
    if not any(end - start >= PLATEAU for start, end in runs):
        return
    for start, end in runs:
        if start < 2 or end > len(column) - 2 or end - start < 2:
            continue
        left, right, width = column[start - 1], column[end], end - start + 1
        into, out_of = left - column[start - 2], column[end + 1] - right
        u = np.arange(1, width) / width
        peak = (
            (2 * u**3 - 3 * u**2 + 1) * left
            + (u**3 - 2 * u**2 + u) * width * into
            + (3 * u**2 - 2 * u**3) * right
            + (u**3 - u**2) * width * out_of
        )
        sign = np.sign(column[start])
        column[start:end] = sign * np.maximum(np.abs(column[start:end]), sign * peak)
