"""Arrays of an .npz file that stay on the disk until some of their entries are read.

They are read, not mapped into memory: if the file becomes shorter meanwhile, reading raises an
exception, whereas access to a mapped file would end the process with a signal.
"""

from __future__ import annotations

import struct
import weakref
from pathlib import Path
from threading import Lock
from typing import Any
from zipfile import ZIP_STORED, ZipFile

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

LOCAL_HEADER = struct.Struct("<26xHH")  # of a zip member: the lengths of its name and extra field


class StoredArray:
    """A read-only array of an .npz file that `numpy.savez` wrote. ValueError if it is damaged."""

    def __init__(self, path: Path, name: str) -> None:
        with ZipFile(path) as archive:
            member = archive.getinfo(f"{name}.npy")
        if member.compress_type != ZIP_STORED:
            raise ValueError(f"{path} is compressed")
        self._path, self._lock = path, Lock()
        self._file = path.open("rb", buffering=0)
        weakref.finalize(self, self._file.close)
        self._file.seek(member.header_offset)
        self._file.seek(sum(LOCAL_HEADER.unpack(self._file.read(LOCAL_HEADER.size))), 1)
        version = npy.read_magic(self._file)
        read_header = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
        self.shape, fortran, self.dtype = read_header(self._file)
        self._start, self._size = self._file.tell(), self.dtype.itemsize
        if fortran:
            raise ValueError(f"{path} has another order")

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, numbers: NDArray[np.int64]) -> NDArray[Any]:
        """Return the entries with these numbers."""
        entries = np.empty((len(numbers), *self.shape[1:]), self.dtype)
        size = int(np.prod(self.shape[1:])) * self._size
        with self._lock:
            for entry, number in zip(entries, numbers.tolist(), strict=True):
                self._file.seek(self._start + number * size)
                if self._file.readinto(entry) != size:
                    raise ValueError(f"{self._path} has become shorter")
        return entries
