"""Change the size of an image."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def resized(values: NDArray[np.float32], height: int, width: int) -> NDArray[np.float32]:
    """(height, width, channels) of an image (n, m, channels), which is stretched to that size.

    A pixel is the weighted mean of those around it: linear between them if the image gets larger,
    and with triangles that cover all of them if it gets smaller.
    """
    down, across = _weights(values.shape[0], height), _weights(values.shape[1], width)
    rows = np.tensordot(down, values, axes=(1, 0))
    columns = np.tensordot(across, rows, axes=(1, 1))
    return np.ascontiguousarray(columns.swapaxes(0, 1), np.float32)


def _weights(before: int, after: int) -> NDArray[np.float32]:
    """(after, before): the weights of the pixels along one axis."""
    if before == after:
        return np.eye(before, dtype=np.float32)
    scale = before / after
    centres = (np.arange(after) + 0.5) * scale - 0.5
    distances = np.abs(np.arange(before) - centres[:, None]) / max(1.0, scale)
    weights = np.maximum(0, 1 - distances)
    return (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)
