"""A line drawing in characters: braille has 2 x 4 dots in each, plain ASCII 1 x 2."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

DOTS = np.array([[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]])  # Unicode's order
ASCII = " '.|"  # nothing, upper dot, lower dot, both


def draw(
    trajectory: NDArray[np.float32], columns: int = 24, rows: int = 12, braille: bool = True
) -> list[str]:
    """`rows` lines of `columns` characters with the path in it, as large as its shape allows.

    A character is twice as high as wide, so that the dots are square either way.
    """
    across, down = (2, 4) if braille else (1, 2)
    dots = np.zeros((rows * down, columns * across), bool)
    points = trajectory[np.isfinite(trajectory).all(axis=1)].astype(float)
    if len(points):
        size = np.array([columns * across, rows * down])
        x, y = _fit(points, size).T
        dots[size[1] - 1 - y, x] = True
    cells = dots.reshape(rows, down, columns, across).swapaxes(1, 2)
    if braille:
        codes = 0x2800 + (cells * DOTS).sum(axis=(2, 3))
        # Some fonts show the empty pattern as hollow dots: a space is empty in all of them.
        return ["".join(map(chr, line)).replace("\u2800", " ") for line in codes]
    codes = (cells[..., 0] * (1, 2)).sum(axis=2)
    return ["".join(ASCII[code] for code in line) for line in codes]


def _fit(points: NDArray[np.float64], size: NDArray[np.int64]) -> NDArray[np.int64]:
    """The path in whole dots, without gaps, its aspect kept and itself in the middle."""
    low, high = points.min(axis=0), points.max(axis=0)
    span = high - low
    scale = ((size - 1) / np.maximum(span, 1e-9)).min() if span.any() else 0.0
    at = (points - (low + high) / 2) * scale + (size - 1) / 2
    steps = np.abs(np.diff(at, axis=0)).max(axis=1, initial=0.0)
    along = np.concatenate([[0.0], np.cumsum(np.maximum(np.ceil(steps), 1))])
    every = np.arange(along[-1] + 1)
    path = np.stack([np.interp(every, along, at[:, axis]) for axis in (0, 1)], axis=1)
    return np.clip(np.rint(path), 0, size - 1).astype(np.int64)
