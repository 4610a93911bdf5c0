"""The windows of recorded people: WFDB records, or the data.hdf5 of the original paper."""

from __future__ import annotations

import logging
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edge.errors import EdgeError, RecordingError
from edge.formats import ecg
from edge.formats.ecg.header import segments
from training.common.left_out import LeftOut
from training.common.progress import Progress
from training.pressure.config import LENGTH
from training.pressure.split import UNKNOWN_PERSON
from training.pressure.windows import (
    PressureWindows,
    checked,
    cut,
    is_upside_down,
    joined,
    listed,
    require_windows,
)

log = logging.getLogger(__name__)

HDF5 = "data.hdf5"
PPG_NAMES = ("pleth", "ppg")
PRESSURE_NAMES = ("abp", "art")
PRESSURE, PPG = 0, 1  # in the second axis of the data of the paper
BLOCK = 5000  # windows of the paper's file that are read at once
REPORTED = 50  # records between two reports of the progress


def load_folder(folder: str, hop: int) -> PressureWindows:
    """The usable windows below a folder. Raises RecordingError if there are none."""
    place = Path(folder)
    file = place / HDF5 if place.is_dir() else place
    if file.suffix in (".hdf5", ".h5"):
        if file.is_file():
            return read_hdf5(file)
    elif not place.exists():
        raise RecordingError(f"{folder} does not exist: give a folder of records")
    faults = Counter[str]()
    records = find_records(place)
    if not records:
        raise RecordingError(
            f"{folder} has neither .hea files nor {HDF5}: give a folder of WFDB records with PLETH "
            "and ABP, or with the file of the original paper"
        )
    parts, left_out = [], LeftOut("records")
    progress = Progress(f"{place.name}: records", len(records))
    for number, path in enumerate(records, 1):
        try:
            parts.append(read_record(path, hop, faults))
        except (EdgeError, OSError) as error:
            left_out.add(path, error)
        if number % REPORTED == 0:
            progress.report(number)
    left_out.report_count()
    if not parts:
        raise RecordingError(f"{folder}: none of {len(records)} records can be used: see above")
    windows = joined(parts)
    require_windows(windows, folder, faults)
    if faults:
        log.info("%d windows are used; left out: %s", len(windows), listed(faults))
    return windows


def find_records(folder: Path) -> list[Path]:
    """The headers below a folder, without those of the segments of a record."""
    found = ecg.find([folder])
    parts: set[Path] = set()
    for path in found:
        try:
            named = segments(path.read_text("latin-1"))
        except (OSError, EdgeError):
            continue
        parts.update(path.with_name(f"{name}.hea") for name, _ in named or ())
    return [path for path in found if path not in parts]


def read_record(path: Path, hop: int, faults: Counter[str] | None = None) -> PressureWindows:
    """The usable windows of a record. Raises RecordingError if it lacks a signal."""
    names = ecg.leads(path)
    ppg = ecg.read(path, _number(names, PPG_NAMES), any_unit=True)
    pressure = ecg.read(path, _number(names, PRESSURE_NAMES), any_unit=True)
    shown = ppg.values[:, 0]
    if is_upside_down(shown):
        log.warning("%s: its PLETH is upside down, and is turned", path)
        shown = -shown
    at_ppg = np.interp(ppg.t, pressure.t, pressure.values[:, 0])
    return cut(ppg.t, shown, at_ppg, person_of(path), hop, faults)


def _number(names: Sequence[str], wanted: Sequence[str]) -> int:
    for number, name in enumerate(names):
        if name.lower() in wanted:
            return number
    raise RecordingError(
        f"has the signals {', '.join(names) or 'without names'}, and no {wanted[0].upper()}"
    )


def person_of(path: Path) -> str:
    """p000020 if the path names the person like this, or the record's name up to `_` or `-`."""
    named = re.search(r"p\d{6}", str(path))
    return named[0] if named else re.split(r"[_-]", path.stem)[0]


def read_hdf5(path: Path) -> PressureWindows:
    """The windows of the original paper, which do not say whose they are.

    `data` is (n, 2, 1024): pressure in mmHg, and PPG.
    """
    import h5py

    faults, parts = Counter[str](), []
    try:
        with h5py.File(path) as file:
            data = file.get("data")
            if not isinstance(data, h5py.Dataset) or data.shape[1:] != (2, LENGTH):
                raise RecordingError(
                    f"{path} has no `data` of n x 2 x {LENGTH} values: give the file of the paper"
                )
            for start in range(0, len(data), BLOCK):
                block: NDArray[np.float32] = np.asarray(data[start : start + BLOCK], np.float32)
                both = np.stack([block[:, PPG], block[:, PRESSURE]], axis=2)
                parts.append(checked(both, UNKNOWN_PERSON, faults))
    except OSError as error:
        raise RecordingError(f"{path} cannot be read: {error}") from None
    windows = joined(parts) if parts else checked(np.empty((0, LENGTH, 2), np.float32), "")
    require_windows(windows, str(path), faults)
    return windows
