"""What a file's name says of the take in it."""

from __future__ import annotations

import re
from typing import NamedTuple


class Name(NamedTuple):
    label: str | None = None
    session: str | None = None
    recorded: int | str | None = None


OWN = re.compile(r"(?P<label>[^_.]+)[_.](?P<date>\d{8})_(?P<time>\d{6})(_(?P<n>\d+))?")
PEN = re.compile(r"readings_(\d+)_digit_(\d)")
LEGACY = re.compile(r"(?:.*_)?(\d{1,2})_(\d{3})")
EDGE_IMPULSE = re.compile(r"([\w -]+)\..*")  # label.anything.json
NONE = "none"  # the label of what is no digit
LEGACY_NONE = "10"  # the class of the legacy phone set for "held still"


def half_day(date: str, time: str) -> str:
    """A sitting, as well as a date and a time can tell one: that day before or after noon."""
    return f"{date}-{'am' if time < '12' else 'pm'}"


def parse(name: str) -> Name:
    """The label, session and time in a file's name, as far as they are there."""
    stem = name.rpartition(".")[0]
    if own := OWN.fullmatch(stem):
        order = f"{own['date']}_{own['time']}_{int(own['n'] or 0):04d}"
        return Name(own["label"], half_day(own["date"], own["time"]), order)
    if pen := PEN.fullmatch(stem):
        return Name(pen[2], None, int(pen[1]))
    if legacy := LEGACY.fullmatch(stem):
        return Name(NONE if legacy[1] == LEGACY_NONE else legacy[1], None, int(legacy[2]))
    if labelled := EDGE_IMPULSE.fullmatch(stem):
        return Name(labelled[1])
    return Name()
