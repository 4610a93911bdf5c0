"""ECG records in the WFDB format of PhysioNet: a header (.hea), samples (.dat), and annotations
(.atr) if somebody has marked the beats."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edge.errors import RecordingError
from edge.formats import files
from edge.formats.ecg import annotations, header, signal_file
from edge.formats.ecg.annotations import Annotation
from edge.formats.ecg.header import Header, Signal

__all__ = ["Annotation", "Record", "find", "read", "read_annotations"]

SUFFIX = ".hea"
MAX_HEADER_SIZE = 1 << 16  # bytes
MAX_SIGNAL_SIZE = 512 << 20  # bytes: a day of three leads at 1 kHz
MAX_ANNOTATION_SIZE = 64 << 20  # bytes


@dataclass(frozen=True)
class Record:
    """The leads of one record."""

    rate: float
    """Samples a second."""
    leads: tuple[str, ...]
    """Names of the leads, such as "MLII"; "" if the header has no name."""
    values: NDArray[np.float32]
    """(n, leads) in mV; a missing sample has the value of the sample before it."""

    def lead(self, preferred: Iterable[str] = ()) -> NDArray[np.float32]:
        """(n,) the first of the preferred leads that the record has, or else its first lead."""
        wanted = [self.leads.index(name) for name in preferred if name in self.leads]
        samples: NDArray[np.float32] = self.values[:, wanted[0] if wanted else 0]
        return samples


def read(path: str | os.PathLike[str]) -> Record:
    """Return the record of a header; RecordingError, without the name of the file, if it has none.

    The .dat file may be named in place of the header.
    """
    path = _header_path(Path(path))
    text = files.read_bytes(path, MAX_HEADER_SIZE, "the header of a record").decode("latin-1")
    head = header.parse(text)
    values = _read_signals(path.parent, head)
    if len(values) < 2:
        raise RecordingError("holds no samples: copy its .dat file again")
    return Record(head.rate, tuple(signal.name for signal in head.signals), values)


def read_annotations(path: str | os.PathLike[str]) -> list[Annotation]:
    """Return the annotations beside a header; RecordingError if there are none."""
    path = _header_path(Path(path)).with_suffix(".atr")
    try:
        return annotations.parse(files.read_bytes(path, MAX_ANNOTATION_SIZE, "annotations"))
    except RecordingError as error:
        raise RecordingError(f"{path.name}: {error}") from None


def find(paths: Iterable[str | os.PathLike[str]]) -> list[Path]:
    """Return every named file, and every .hea file in the named folders, each once."""
    return files.find(paths, (SUFFIX,))


def _header_path(path: Path) -> Path:
    beside = path.with_suffix(SUFFIX)
    return beside if path.suffix in (".dat", ".atr") and beside.is_file() else path


def _read_signals(folder: Path, head: Header) -> NDArray[np.float32]:
    """(n, signals) in mV, of all files that the header names."""
    columns: dict[str, list[Signal]] = {}
    for signal in head.signals:
        columns.setdefault(signal.file, []).append(signal)
    tables = [_read_file(folder / name, signals) for name, signals in columns.items()]
    length = min(map(len, tables))
    if head.samples is not None and length < head.samples:
        raise RecordingError(
            f"has {length} samples, but its header announces {head.samples}: copy the .dat again"
        )
    wanted = length if head.samples is None else head.samples
    return np.hstack([table[:wanted] for table in tables])


def _read_file(path: Path, signals: list[Signal]) -> NDArray[np.float32]:
    """(n, signals) in mV, of the signals that one file holds in turn."""
    first = signals[0]
    try:
        data = files.read_bytes(path, MAX_SIGNAL_SIZE, "a record")[first.offset :]
    except RecordingError as error:
        raise RecordingError(f"its samples, {path.name}: {error}") from None
    samples = signal_file.decode(data, first.format)
    table = samples[: len(samples) // len(signals) * len(signals)].reshape(-1, len(signals))
    values = np.empty(table.shape, np.float32)
    for k, signal in enumerate(signals):
        values[:, k] = (table[:, k] - signal.baseline) / signal.gain
        values[:, k] = _filled(values[:, k], signal_file.is_missing(table[:, k], signal.format))
    return values


def _filled(values: NDArray[np.float32], missing: NDArray[np.bool_]) -> NDArray[np.float32]:
    """The values with each missing one replaced by the one before it, or 0 at the beginning."""
    if not missing.any():
        return values
    source = np.maximum.accumulate(np.where(missing, -1, np.arange(len(values))))
    return np.where(source < 0, np.float32(0), values[np.maximum(source, 0)])
