"""Recordings of any channels: tables of numbers (CSV), WFDB records, and sound for one channel."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edge.errors import RecordingError
from edge.formats import ecg, files, sound
from edge.formats.columns import table

__all__ = ["SUFFIXES", "ColumnRecording", "find", "read"]

SUFFIXES = (".csv", ".txt", ".tsv", ecg.SUFFIX, *sound.SUFFIXES)
MAX_TABLE_SIZE = 64 << 20  # bytes


@dataclass(frozen=True)
class ColumnRecording:
    t: NDArray[np.float64]
    """(n,) seconds from the first sample, strictly increasing."""
    values: NDArray[np.float32]
    """(n, channels) as they are in the file."""
    channels: tuple[str, ...]
    rate: float
    """Samples a second."""


def read(path: str | os.PathLike[str], channels: Sequence[str], rate: float) -> ColumnRecording:
    """Return these channels of a recording; `rate` is that of a table that has no times.

    Raise RecordingError if there are none. Its message does not name the file: the caller does.
    """
    path, wanted = Path(path), tuple(channels)
    suffix = path.suffix.lower()
    if suffix in (ecg.SUFFIX, ".dat"):
        return _from_record(path, wanted)
    if suffix in sound.SUFFIXES:
        if len(wanted) != 1:
            raise RecordingError(f"is sound, and the model needs {', '.join(wanted)}")
        heard = sound.read(path, round(rate))
        return ColumnRecording(heard.t, heard.values, wanted, heard.rate)
    content = files.read_bytes(path, MAX_TABLE_SIZE, "a table of numbers")
    t, values = table.parse(content, wanted, rate)
    steps = np.diff(t)
    if len(t) < 2 or not (steps > 0).all():
        raise RecordingError(
            "holds fewer than two samples"
            if len(t) < 2
            else f"row {int(np.argmax(steps <= 0)) + 2}: its time is not later than that before it"
        )
    return ColumnRecording(t - t[0], values, wanted, float(1 / np.median(steps)))


def find(paths: Iterable[str | os.PathLike[str]]) -> list[Path]:
    """Return every named file, and every recording in the named folders, each once."""
    return files.find(paths, SUFFIXES)


def _from_record(path: Path, wanted: tuple[str, ...]) -> ColumnRecording:
    """The signals of these names; the only signal whatever its name."""
    leads = ecg.leads(path)
    names = [name.lower() for name in leads]
    if len(wanted) == 1 and wanted[0] not in names and (len(names) == 1 or wanted == ("ecg",)):
        record = ecg.read(path, any_unit=wanted != ("ecg",))
        return ColumnRecording(record.t, record.values, wanted, record.rate)
    missing = [name for name in wanted if name.lower() not in names]
    if missing:
        raise RecordingError(f"has the signals {', '.join(leads)}, and not {', '.join(missing)}")
    records = [ecg.read(path, names.index(name.lower()), any_unit=True) for name in wanted]
    values = np.hstack([record.values for record in records])
    return ColumnRecording(records[0].t, values, wanted, records[0].rate)
