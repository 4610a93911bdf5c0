"""Writes takes of strokes to files; no file is ever overwritten."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from itertools import count
from pathlib import Path

from edge.formats.atomic_write import write_new_file
from edge.formats.motion import edge_impulse, own_csv
from edge.formats.motion.recording import Recording

LABEL = re.compile(r"[A-Za-z0-9-]{1,40}")
FORMATS = {"csv": own_csv, "edge-impulse": edge_impulse}


def save_take(recording: Recording, folder: Path, label: str, form: str, when: datetime) -> Path:
    """Write a new file and return its path.

    Its name is `<label>_<date>_<time>[_n].csv`, or `<label>.<date>_<time>[_n].json` as Edge Impulse
    expects it. The time is only in the name, because the clock of a Pi without network is wrong.
    """
    folder.mkdir(parents=True, exist_ok=True)
    return write_new_file(
        take_paths(folder, label, form, when), FORMATS[form].render(recording).encode()
    )


def take_paths(folder: Path, label: str, form: str, when: datetime) -> Iterator[Path]:
    """Yield the paths that a take of this time may have."""
    stem = f"{label}{FORMATS[form].SEPARATOR}{when:%Y%m%d_%H%M%S}"
    suffix = FORMATS[form].SUFFIX
    yield folder / f"{stem}{suffix}"
    for number in count(2):
        yield folder / f"{stem}_{number}{suffix}"
