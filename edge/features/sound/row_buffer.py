"""The newest rows of a stream, from which windows are cut without copying."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

BUFFERED_WINDOWS = 8  # capacity: rows are moved only once for so many non-overlapping windows


class RowBuffer:
    """The newest `height` rows as a view.

    Rows are never overwritten: a full buffer is replaced by a new one, so that windows which were
    cut before stay valid.
    """

    def __init__(self, rows: NDArray[np.float32]) -> None:
        """`rows` precede the stream; their number is the height of a window."""
        self._rows = rows
        self._filled = self.height = len(rows)

    def append(self, rows: NDArray[np.float32]) -> None:
        if self._filled + len(rows) > len(self._rows):
            newest = self.window()
            self._rows = np.empty((BUFFERED_WINDOWS * self.height, *rows.shape[1:]), np.float32)
            self._rows[: self.height] = newest
            self._filled = self.height
        self._rows[self._filled : self._filled + len(rows)] = rows
        self._filled += len(rows)

    def window(self) -> NDArray[np.float32]:
        """Return the newest `height` rows, a view."""
        return self._rows[self._filled - self.height : self._filled]
