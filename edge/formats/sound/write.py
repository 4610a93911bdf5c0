"""Writes WAV, whole or not at all."""

from __future__ import annotations

import os
import struct
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike


def write_wav(path: str | os.PathLike[str], samples: ArrayLike, rate: int) -> None:
    """16-bit mono; full scale is 1, what goes beyond is clipped."""
    path = Path(path)
    # Scaled as it is read again: what was read is written without a change.
    levels = np.clip(np.rint(np.asarray(samples, np.float64) * 32768), -32768, 32767)
    data = levels.astype("<i2").tobytes()
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, rate, 2 * rate, 2, 16)
    head = struct.pack("<4sI4s", b"RIFF", 12 + len(form) + len(data), b"WAVE")
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with open(unfinished, "wb") as file:
            file.write(head + form + struct.pack("<4sI", b"data", len(data)) + data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(unfinished, path)
    finally:
        unfinished.unlink(missing_ok=True)
