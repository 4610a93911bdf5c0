"""Recordings on disk: whatever format a file is in, `read` gives the same kind of Recording.

A format is one module with `recognises(text)` and `parse(text)`, and one line in FORMATS.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np

from edge.errors import RecordingError
from edge.formats import files
from edge.formats.motion import edge_impulse, foreign, legacy, names, own_csv, six_columns
from edge.formats.motion.recording import Recording

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
    return files.find(paths, SUFFIXES)


def _content(path: Path) -> bytes:
    with files.readable(path) as size:
        if size > LARGEST:
            raise RecordingError(
                f"has {size >> 20} MB, no recording has more than {LARGEST >> 20} MB"
            )
        return path.read_bytes()


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
