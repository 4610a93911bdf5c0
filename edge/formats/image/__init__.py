"""Images: PNG, PGM, PPM and PBM with NumPy alone; JPEG and others with Pillow."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edge.errors import RecordingError
from edge.formats import files
from edge.formats.image import netpbm, other, png

__all__ = ["SUFFIXES", "Picture", "find", "read"]

SUFFIXES = (".png", ".pgm", ".ppm", ".pbm", ".jpg", ".jpeg")
MAX_FILE_SIZE = 64 << 20  # bytes
MAX_PIXELS = 1 << 24  # 4096 x 4096; a model sees some thousands
GREY = (0.299, 0.587, 0.114)  # of red, green and blue: the luma of ITU-R BT.601


@dataclass(frozen=True)
class Picture:
    values: NDArray[np.float32]
    """(height, width, 1 or 3), 0 to 1: grey, or red, green and blue."""

    @property
    def grey(self) -> NDArray[np.float32]:
        """(height, width, 1)"""
        if self.values.shape[2] == 1:
            return self.values
        return (self.values @ np.array(GREY, np.float32))[:, :, None]

    @property
    def colour(self) -> NDArray[np.float32]:
        """(height, width, 3)"""
        return np.repeat(self.values, 3, axis=2) if self.values.shape[2] == 1 else self.values


def read(path: str | os.PathLike[str]) -> Picture:
    """Return the image in a file; what is transparent in it becomes white.

    Raise RecordingError if there is none. Its message does not name the file: the caller does.
    """
    data = files.read_bytes(Path(path), MAX_FILE_SIZE, "an image")
    if not data:
        raise RecordingError("is empty: save it again")
    reader = png if png.recognises(data) else netpbm if netpbm.recognises(data) else other
    values = reader.decode(data, MAX_PIXELS)
    if values.shape[2] in (2, 4):
        alpha = values[:, :, -1:]
        values = values[:, :, :-1] * alpha + (1 - alpha)
    return Picture(values.astype(np.float32))


def find(paths: Iterable[str | os.PathLike[str]]) -> list[Path]:
    """Return every named file, and every image in the named folders, each once."""
    return files.find(paths, SUFFIXES)
