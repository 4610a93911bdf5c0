"""ECG records in the WFDB format of PhysioNet: a header (.hea), samples (.dat), and annotations
(.atr) if somebody has marked the beats."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edge.errors import RecordingError
from edge.formats import files
from edge.formats.ecg import annotation_file, header, signal_file
from edge.formats.ecg.annotation_file import Annotation
from edge.formats.ecg.header import Header
from edge.samples import ECG

__all__ = ["Annotation", "Record", "find", "read", "read_annotations"]

SUFFIX = ".hea"
PREFERRED_LEADS = ("MLII", "II")  # whose R peaks are upright and large
MAX_HEADER_SIZE = 1 << 16  # bytes
MAX_SIGNAL_SIZE = 512 << 20  # bytes: a day of three leads at 1 kHz
MAX_ANNOTATION_SIZE = 64 << 20  # bytes


@dataclass(frozen=True)
class Record:
    """One lead of a record."""

    rate: float
    """Samples a second."""
    values: NDArray[np.float32]
    """(n, 1) in mV; a missing sample has the value of the sample before it."""
    lead: str
    """The name of this lead, such as "MLII"; "" if the header has no name."""
    leads: tuple[str, ...]
    """The names of all leads of the record."""
    channels: tuple[str, ...] = ECG

    @property
    def t(self) -> NDArray[np.float64]:
        """(n,) seconds from the first sample."""
        return np.arange(len(self.values)) / self.rate


def read(path: str | os.PathLike[str], lead: int | None = None, any_unit: bool = False) -> Record:
    """Return one lead of a record: the given number, or II if the record has it, or the first.

    `any_unit`: whether another signal than a voltage may be read. The .dat file may be named in
    place of the header. RecordingError, without the name of the file, says why there is none.
    """
    path = _header_path(Path(path))
    text = _text(path)
    segments = header.segments(text)
    if segments is not None:
        return _read_segments(path, segments, lead, any_unit)
    head = header.parse(text)
    names = tuple(signal.name for signal in head.signals)
    number = _preferred(names) if lead is None else lead
    signal = head.signals[number]
    if signal.unit not in header.MILLIVOLTS and not any_unit:
        raise RecordingError(f"has a signal in {signal.unit!r}: an ECG is in mV, uV or V")
    values = _read_signal(path.parent, head, number)
    if len(values) < 2:
        raise RecordingError("holds no samples: copy its .dat file again")
    rate = head.rate * signal.per_frame
    return Record(rate, values[:, None], names[number], names)


def _read_segments(
    path: Path, segments: Sequence[tuple[str, int]], lead: int | None, any_unit: bool
) -> Record:
    """One lead of a record that consists of segments, which have headers of their own.

    Where the lead was not recorded, it has the value of the sample before.
    """
    names = leads(path)
    number = _preferred(names) if lead is None else lead
    parts: list[NDArray[np.float32]] = []
    gaps: list[tuple[int, int]] = []  # number of the part, and its frames
    record: Record | None = None
    for name, frames in segments:
        file = path.with_name(f"{name}.hea")
        if name != "~" and frames and names[number] in (own := leads(file)):
            try:
                record = read(file, own.index(names[number]), any_unit)
            except RecordingError as error:
                raise RecordingError(f"segment {name}: {error}") from None
            parts.append(record.values)
        elif frames:
            gaps.append((len(parts), frames))
            parts.append(np.empty((0, 1), np.float32))
    if record is None:
        raise RecordingError(f"has no samples of {names[number] or 'any signal'}: name another")
    head = header.parse(_text(path.with_name(f"{_first_named(segments)}.hea")))
    per_frame = round(record.rate / head.rate)
    if sum(frames for _, frames in gaps) * per_frame * 4 > MAX_SIGNAL_SIZE:
        raise RecordingError("has too long gaps: name the header of one segment")
    for at, frames in gaps:
        before = next((part[-1:] for part in reversed(parts[:at]) if len(part)), np.zeros((1, 1)))
        parts[at] = np.repeat(before, frames * per_frame, axis=0).astype(np.float32)
    return Record(record.rate, np.concatenate(parts), names[number], names)


def leads(path: str | os.PathLike[str]) -> tuple[str, ...]:
    """Return the names of the signals of a record, or of its first segment.

    The first segment of some records describes the signals of all others.
    """
    path = _header_path(Path(path))
    text = _text(path)
    segments = header.segments(text)
    if segments is not None:
        path = path.with_name(f"{_first_named(segments)}.hea")
        try:
            text = _text(path)
        except RecordingError as error:
            raise RecordingError(f"segment {path.stem}: {error}") from None
    return tuple(signal.name for signal in header.parse(text).signals)


def _first_named(segments: Sequence[tuple[str, int]]) -> str:
    """RecordingError if nothing was recorded."""
    for name, _ in segments:
        if name != "~":
            return name
    raise RecordingError("has only gaps: nothing was recorded")


def read_annotations(path: str | os.PathLike[str]) -> list[Annotation]:
    """Return the annotations beside a header; RecordingError if there are none."""
    path = _header_path(Path(path)).with_suffix(".atr")
    try:
        return annotation_file.parse(files.read_bytes(path, MAX_ANNOTATION_SIZE, "annotations"))
    except RecordingError as error:
        raise RecordingError(f"{path.name}: {error}") from None


def find(paths: Iterable[str | os.PathLike[str]]) -> list[Path]:
    """Return every named file, and every .hea file in the named folders, each once."""
    return files.find(paths, (SUFFIX,))


def _text(path: Path) -> str:
    return files.read_bytes(path, MAX_HEADER_SIZE, "the header of a record").decode("latin-1")


def _header_path(path: Path) -> Path:
    beside = path.with_suffix(SUFFIX)
    return beside if path.suffix in (".dat", ".atr") and beside.is_file() else path


def _preferred(names: tuple[str, ...]) -> int:
    return next((names.index(name) for name in PREFERRED_LEADS if name in names), 0)


def _read_signal(folder: Path, head: Header, number: int) -> NDArray[np.float32]:
    """(n,) in mV: one signal, which may share its file with others."""
    signal = head.signals[number]
    in_file = [k for k, other in enumerate(head.signals) if other.file == signal.file]
    per_frame = [head.signals[k].per_frame for k in in_file]
    path = folder / signal.file
    try:
        data = files.read_bytes(path, MAX_SIGNAL_SIZE, "a record")[signal.offset :]
    except RecordingError as error:
        raise RecordingError(f"its samples, {path.name}: {error}") from None
    samples = signal_file.decode(data, signal.format, per_frame, in_file.index(number))
    if head.samples is not None:
        announced = head.samples * signal.per_frame
        if len(samples) < announced:
            raise RecordingError(
                f"has {len(samples)} samples, but its header announces {announced}: copy "
                f"{path.name} again"
            )
        samples = samples[:announced]
    values = ((samples - signal.baseline) / signal.gain).astype(np.float32)
    return _filled(values, signal_file.is_missing(samples, signal.format))


def _filled(values: NDArray[np.float32], missing: NDArray[np.bool_]) -> NDArray[np.float32]:
    """The values with each missing one replaced by the one before it, or 0 at the beginning."""
    if not missing.any():
        return values
    source = np.maximum.accumulate(np.where(missing, -1, np.arange(len(values))))
    return np.where(source < 0, np.float32(0), values[np.maximum(source, 0)])
