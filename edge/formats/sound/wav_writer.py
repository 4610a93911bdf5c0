"""Write WAV files."""

from __future__ import annotations

import os
import struct
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from edge.formats.atomic_write import atomic_write


def write_wav(path: str | os.PathLike[str], samples: ArrayLike, rate: int) -> None:
    """Write 16-bit mono; full scale is 1, samples beyond it are clipped.

    The write is atomic: if it fails, a file of this name stays as it was.
    """
    atomic_write(Path(path), wav_bytes(samples, rate))


def wav_bytes(samples: ArrayLike, rate: int) -> bytes:
    """Return the content of such a file."""
    data = pcm_bytes(samples)
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, rate, 2 * rate, 2, 16)
    head = struct.pack("<4sI4s", b"RIFF", 12 + len(form) + len(data), b"WAVE")
    return head + form + struct.pack("<4sI", b"data", len(data)) + data


def pcm_bytes(samples: ArrayLike) -> bytes:
    """Return 16-bit little-endian samples; full scale is 1, samples beyond it are clipped."""
    # The inverse of the scale in `read`: a file that is read and written again does not change.
    levels = np.clip(np.rint(np.asarray(samples, np.float64) * 32768), -32768, 32767)
    return levels.astype("<i2").tobytes()
