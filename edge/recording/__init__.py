"""Recordings on disk: whatever format a file is in, `read` gives the same kind of Recording.

A format is one module with `recognises(text)` and `parse(text)`, and one line in FORMATS.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np

from edge.errors import RecordingError
from edge.recording import edge_impulse, foreign, legacy, names, own_csv, six_columns
from edge.recording.recording import Recording

__all__ = ["Recording", "RecordingError", "find", "read"]

FORMATS = (
    edge_impulse,
    own_csv,
    six_columns,
    legacy,
)  # the first that recognises a text reads it
SUFFIXES = (own_csv.SUFFIX, edge_impulse.SUFFIX)
LARGEST = 64 * 1024 * 1024  # bytes: three hours at 100 Hz; anything larger is a mistake


def read(path: str | os.PathLike[str]) -> Recording:
    """The recording in a file. A RecordingError leaves it to the caller to name the file."""
    path = Path(path)
    text = _text(_content(path))
    if not text.strip():
        raise RecordingError("is empty: record it again")
    for form in FORMATS:
        if form.recognises(text):
            with np.errstate(all="ignore"):  # numbers too large to compute with are refused anyway
                recording = form.parse(text)
            break
    else:
        raise RecordingError("holds no recording: its first line should be t_ms,ax,ay,az,gx,gy,gz")
    name = names.parse(path.name)
    recording = replace(recording, label=name.label, session=name.session, recorded=name.recorded)
    if name.recorded is None and (taken := edge_impulse.taken(text)) is not None:
        recording = replace(recording, session=edge_impulse.session(taken), recorded=taken)
    return recording


def find(paths: Iterable[str | os.PathLike[str]]) -> list[Path]:
    """Every file named, and every .csv and .json in the folders named, each once.

    In the order of the names given, and what is in a folder in the order of its names.
    """
    found: dict[str, Path] = {}
    for path in map(Path, paths):
        inside = [p for p in path.rglob("*") if p.suffix.lower() in SUFFIXES and not p.is_dir()]
        for file in sorted(inside) if path.is_dir() else [path]:
            found.setdefault(os.path.realpath(file), file)
    return list(found.values())


def _content(path: Path) -> bytes:
    try:
        status = os.stat(path)
        if stat.S_ISDIR(status.st_mode):
            raise RecordingError("is a folder: name the files in it")
        if not stat.S_ISREG(status.st_mode):  # a pipe would wait, a device never end
            raise RecordingError("is no regular file")
        if status.st_size > LARGEST:
            raise RecordingError(
                f"has {status.st_size >> 20} MB, no recording has more than {LARGEST >> 20} MB"
            )
        return path.read_bytes()
    except FileNotFoundError:
        raise RecordingError("does not exist") from None
    except (OSError, ValueError) as fault:
        if isinstance(fault, RecordingError):
            raise
        raise RecordingError(
            f"cannot be read: {getattr(fault, 'strerror', None) or fault}"
        ) from None


def _text(data: bytes) -> str:
    if what := foreign.kind(data):
        raise RecordingError(f"is no recording of motion but {what}")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        raise RecordingError("is no recording of motion: it is not text")
    return text.replace("\r\n", "\n").replace("\r", "\n")
