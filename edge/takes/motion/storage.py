"""Writes takes of strokes to files; no file is ever overwritten."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import count
from pathlib import Path

from edge.formats.atomic_write import write_new_file
from edge.formats.motion import edge_impulse, own_csv
from edge.formats.motion.recording import Recording

FORMATS = {"csv": own_csv, "edge-impulse": edge_impulse}


def save_take(recording: Recording, folder: Path, label: str, form: str, when: datetime) -> Path:
    """Write a new file and return its path.

    Its name is `<label>_<date>_<time>[_n].csv`, or `<label>.<date>_<time>[_n].json` as Edge Impulse
    expects it. The time is only in the name, because the clock of a Pi without network is wrong.
    """
    file_format = FORMATS[form]
    stem = f"{label}{file_format.SEPARATOR}{when:%Y%m%d_%H%M%S}"
    folder.mkdir(parents=True, exist_ok=True)
    data = file_format.render(recording).encode()
    return write_new_file(_paths(folder, stem, file_format.SUFFIX), data)


def _paths(folder: Path, stem: str, suffix: str) -> Iterator[Path]:
    yield folder / f"{stem}{suffix}"
    for number in count(2):
        yield folder / f"{stem}_{number}{suffix}"
