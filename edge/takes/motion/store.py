"""Puts a take on disk, whole or not at all, and never over another."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

from edge.formats.motion import edge_impulse, own_csv
from edge.formats.motion.recording import Recording

WRITERS = {"csv": own_csv, "edge-impulse": edge_impulse}


def save(recording: Recording, folder: Path, label: str, form: str, when: datetime) -> Path:
    """The new file, `<label>_<date>_<time>[_n].csv` or, as Edge Impulse wants it, `<label>.….json`.

    The time is in the name and not in the file, since a Pi without network has no true one.
    """
    writer = WRITERS[form]
    stem = f"{label}{writer.SEPARATOR}{when:%Y%m%d_%H%M%S}"
    folder.mkdir(parents=True, exist_ok=True)
    unfinished = folder / f".{stem}.{os.getpid()}.part"
    try:
        with open(unfinished, "w", encoding="utf-8") as file:
            file.write(writer.render(recording))
            file.flush()
            os.fsync(file.fileno())
        return _publish(unfinished, folder, stem, writer.SUFFIX)
    finally:
        unfinished.unlink(missing_ok=True)


def _publish(unfinished: Path, folder: Path, stem: str, suffix: str) -> Path:
    """Give the finished file the first free name."""
    number = 1
    while True:
        path = folder / f"{stem}{f'_{number}' if number > 1 else ''}{suffix}"
        try:
            name_file(unfinished, path)
            return path
        except FileExistsError:
            number += 1


def name_file(unfinished: Path, path: Path) -> None:
    """Unlike a rename, a link replaces nothing; many a memory card knows no links, though."""
    try:
        os.link(unfinished, path)
    except FileExistsError:
        raise
    except OSError:
        with open(path, "xb") as file:
            try:
                file.write(unfinished.read_bytes())
                file.flush()
                os.fsync(file.fileno())
            except BaseException:  # a full card, say
                path.unlink()
                raise
