"""Draw a path with characters: braille has 2 x 4 dots in a character, plain ASCII 1 x 2."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

DOT_BITS = np.array([[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]])  # as in Unicode
ASCII = " '.|"  # no dot, the upper dot, the lower dot, both


def draw(
    trajectory: NDArray[np.float32], columns: int = 24, rows: int = 12, braille: bool = True
) -> list[str]:
    """`rows` lines of `columns` characters with the path, scaled to fill them.

    A terminal's character is twice as high as wide, so the dots are square in both cases.
    """
    dots_across, dots_down = (2, 4) if braille else (1, 2)
    dots = np.zeros((rows * dots_down, columns * dots_across), bool)
    points = trajectory[np.isfinite(trajectory).all(axis=1)].astype(float)
    if len(points):
        size = np.array([columns * dots_across, rows * dots_down])
        x, y = _path_dots(points, size).T
        dots[size[1] - 1 - y, x] = True
    cells = dots.reshape(rows, dots_down, columns, dots_across).swapaxes(1, 2)
    if braille:
        codes = 0x2800 + (cells * DOT_BITS).sum(axis=(2, 3))
        # Some fonts show the empty pattern as hollow dots; a space is empty in every font.
        return ["".join(map(chr, line)).replace("\u2800", " ") for line in codes]
    codes = (cells[..., 0] * (1, 2)).sum(axis=2)
    return ["".join(ASCII[code] for code in line) for line in codes]


def _path_dots(points: NDArray[np.float64], size: NDArray[np.int64]) -> NDArray[np.int64]:
    """The dots (n, 2) of the path without gaps, centred, with its aspect ratio kept."""
    low, high = points.min(axis=0), points.max(axis=0)
    span = high - low
    scale = ((size - 1) / np.maximum(span, 1e-9)).min() if span.any() else 0.0
    scaled = (points - (low + high) / 2) * scale + (size - 1) / 2
    # Interpolate so that neighbours on the path are at most one dot apart.
    dots_between = np.abs(np.diff(scaled, axis=0)).max(axis=1, initial=0.0)
    position = np.concatenate([[0.0], np.cumsum(np.maximum(np.ceil(dots_between), 1))])
    every_dot = np.arange(position[-1] + 1)
    path = np.stack([np.interp(every_dot, position, scaled[:, axis]) for axis in (0, 1)], axis=1)
    return np.clip(np.rint(path), 0, size - 1).astype(np.int64)
