"""Label, session and time of a recording, as its file name gives them."""

from __future__ import annotations

import re
from typing import NamedTuple


class FileName(NamedTuple):
    """The parts of a file name, None where the name does not have them."""

    label: str | None = None
    session: str | None = None
    recorded: int | str | None = None
    """See `Recording.recorded`."""


OWN = re.compile(r"(?P<label>[^_.]+)[_.](?P<date>\d{8})_(?P<time>\d{6})(_(?P<n>\d+))?")
PEN = re.compile(r"readings_(\d+)_digit_(\d)")
LEGACY = re.compile(r"(?:.*_)?(\d{1,2})_(\d{3})")
EDGE_IMPULSE = re.compile(r"([\w -]+)\..*")  # label.anything.json
NONE_LABEL = "none"  # the label of a recording that is not a digit
LEGACY_NONE = "10"  # the class of "held still" in the old data set of phone recordings


def session_of(date: str, time: str) -> str:
    """Return the session of a recording: its day, before or after noon.

    A date and a time cannot tell one recording session from the next more exactly.
    """
    return f"{date}-{'am' if time < '12' else 'pm'}"


def parse(name: str) -> FileName:
    """Return the label, session and time that a file name contains."""
    stem = name.rpartition(".")[0]
    if own := OWN.fullmatch(stem):
        recorded = f"{own['date']}_{own['time']}_{int(own['n'] or 0):04d}"
        return FileName(own["label"], session_of(own["date"], own["time"]), recorded)
    if pen := PEN.fullmatch(stem):
        return FileName(pen[2], None, int(pen[1]))
    if legacy := LEGACY.fullmatch(stem):
        label = NONE_LABEL if legacy[1] == LEGACY_NONE else legacy[1]
        return FileName(label, None, int(legacy[2]))
    if labelled := EDGE_IMPULSE.fullmatch(stem):
        return FileName(labelled[1])
    return FileName()
