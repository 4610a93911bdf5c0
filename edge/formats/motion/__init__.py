"""Motion recordings: `read` makes the same kind of Recording from every supported file format.

To add a format, write a module with `recognises(text)` and `parse(text)`, and add it to FORMATS.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np

from edge.errors import RecordingError
from edge.formats import files
from edge.formats.motion import (
    edge_impulse,
    file_name,
    file_signature,
    legacy,
    own_csv,
    six_columns,
)
from edge.formats.motion.recording import Recording

__all__ = ["Recording", "RecordingError", "find", "read"]

# The first format that recognises a text parses it.
FORMATS = (edge_impulse, own_csv, six_columns, legacy)
SUFFIXES = (own_csv.SUFFIX, edge_impulse.SUFFIX)
MAX_FILE_SIZE = 32 << 20  # bytes: an hour at 100 Hz; a larger file was named by mistake


def read(path: str | os.PathLike[str]) -> Recording:
    """Return the recording in a file.

    Raise RecordingError if there is none. Its message does not name the file: the caller does.
    """
    path = Path(path)
    text = _decode(files.read_bytes(path, MAX_FILE_SIZE, "a recording"))
    recording = _parse(text)
    name = file_name.parse(path.name)
    recording = replace(recording, label=name.label, session=name.session, recorded=name.recorded)
    if name.recorded is None and (seconds := edge_impulse.recorded_at(text)) is not None:
        recording = replace(recording, session=edge_impulse.session(seconds), recorded=seconds)
    return recording


def find(paths: Iterable[str | os.PathLike[str]]) -> list[Path]:
    """Return every named file, and every .csv and .json file in the named folders, each once.

    The order is that of the names given; the files of one folder are sorted by name.
    """
    return files.find(paths, SUFFIXES)


def _parse(text: str) -> Recording:
    if not text or text.isspace():
        raise RecordingError("is empty: record it again")
    for form in FORMATS:
        if form.recognises(text):
            with np.errstate(all="ignore"):  # numbers that overflow here are refused later
                return form.parse(text)
    raise RecordingError("holds no recording: its first line should be t_ms,ax,ay,az,gx,gy,gz")


def _decode(data: bytes) -> str:
    if kind := file_signature.kind(data):
        raise RecordingError(f"is not a motion recording but {kind}")
    text = files.decoded(data, "a motion recording")
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text
