"""Spectra of clips that stay on the disk: corpora can be larger than the memory.

Choosing clips reads none of them; a training reads those of a batch.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from training.common.stored_array import StoredArray

BLOCK = 2048  # clips that are in memory at a time

Array = NDArray[Any]
Part = Array | StoredArray


class StoredRows:
    """Some clips of one or several arrays (n, ROWS, BANDS), like an array that cannot change."""

    def __init__(self, parts: Sequence[Part], chosen: NDArray[np.int64] | None = None) -> None:
        """`chosen` are numbers in the concatenation of the parts; None for all of them."""
        self._parts = tuple(parts)
        self._starts = np.cumsum([0, *map(len, parts)])
        self._chosen = np.arange(self._starts[-1]) if chosen is None else chosen

    def __len__(self) -> int:
        return len(self._chosen)

    @property
    def shape(self) -> tuple[int, ...]:
        return len(self), *self._parts[0].shape[1:]

    @property
    def dtype(self) -> np.dtype[Any]:
        return self._parts[0].dtype

    def __getitem__(self, which: Any) -> Any:
        """Return the array of one clip, or some clips, which are not read."""
        if isinstance(which, int | np.integer):
            return self.read(np.array([which]))[0]
        return StoredRows(self._parts, self._chosen[which])

    def read(self, numbers: Array) -> Array:
        """Return the array of these clips."""
        wanted = self._chosen[numbers]
        rows = np.empty((len(wanted), *self.shape[1:]), self.dtype)
        part_of = np.searchsorted(self._starts, wanted, "right") - 1
        for number in np.unique(part_of):
            mine = part_of == number
            rows[mine] = self._parts[number][wanted[mine] - self._starts[number]]
        return rows

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> Array:
        rows = self.read(np.arange(len(self)))
        return rows if dtype is None else rows.astype(dtype)

    def astype(self, dtype: DTypeLike) -> Array:
        return np.asarray(self).astype(dtype)


AnyRows = StoredRows | Array


def concatenate_rows(parts: Sequence[AnyRows]) -> AnyRows:
    """Return the clips of all parts; those on the disk are not read."""
    if not any(isinstance(part, StoredRows) for part in parts):
        return np.concatenate(parts)
    arrays: list[Part] = []
    chosen, start = [], 0
    for part in parts:
        stored = part if isinstance(part, StoredRows) else StoredRows([part])
        arrays += stored._parts
        chosen.append(stored._chosen + start)
        start += stored._starts[-1]
    return StoredRows(arrays, np.concatenate(chosen))


def blocks(rows: AnyRows) -> Iterator[Array]:
    """Read all clips, some at a time."""
    for first in range(0, len(rows), BLOCK):
        yield np.asarray(rows[first : first + BLOCK])
