"""The header of a WFDB record (.hea): the rate, and how each signal is stored.

https://physionet.org/physiotools/wag/header-5.htm describes the format.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from edge.errors import RecordingError

MAX_RATE = 100_000.0  # Hz
MAX_SIGNALS = 64
MAX_PER_FRAME = 1000  # samples of one signal
MAX_SEGMENTS = 10_000
DEFAULT_RATE = 250.0  # Hz, of a header without rate
DEFAULT_GAIN = 200.0  # steps per mV, of a signal without gain
MILLIVOLTS = {"mV": 1.0, "uV": 1e-3, "V": 1e3}  # unit: its size in mV

_GAIN = re.compile(r"([-+.\deE]+)(?:\(([-+]?\d+)\))?(?:/(\S+))?")


@dataclass(frozen=True)
class Signal:
    """One lead of a record."""

    file: str
    """Name of the file with the samples, in the folder of the header."""
    format: str
    """How the samples are stored, such as "212"."""
    offset: int
    """Bytes at the beginning of the file that are not samples."""
    gain: float
    """Steps per mV; of another quantity than a voltage, steps per `unit`."""
    baseline: int
    """The step that is 0."""
    name: str
    """Name of the lead, such as "MLII"."""
    unit: str = "mV"
    """As the header states it, such as "mV" or "mmHg"."""
    per_frame: int = 1
    """Samples of this signal in a frame: its rate is that of the header times this."""


@dataclass(frozen=True)
class Header:
    rate: float
    """Hz"""
    samples: int | None
    """Samples of each signal; None if the header does not say it."""
    signals: tuple[Signal, ...]


def parse(text: str) -> Header:
    """The header in the text of a .hea file; RecordingError if it cannot be used."""
    lines = _lines(text)
    try:
        record, count, *rest = lines[0].split()
        number = int(count)
        rate = float(re.split(r"[/(]", rest[0])[0]) if rest else DEFAULT_RATE
        samples = int(rest[1]) if len(rest) > 1 else 0
    except (IndexError, ValueError):
        raise RecordingError(
            "is no WFDB header: its first line should be a name, the number of signals, the rate "
            "and the number of samples"
        ) from None
    if "/" in record:
        raise RecordingError("is a record of several segments: name the header of one segment")
    if not 0 < rate <= MAX_RATE:
        raise RecordingError(f"states a rate of {rate:g} Hz: correct its header")
    if not 1 <= number <= MAX_SIGNALS or len(lines) <= number:
        raise RecordingError(
            f"announces {number} signals and describes {len(lines) - 1}: name a record with signals"
        )
    signals = tuple(_signal(line) for line in lines[1 : number + 1])
    return Header(rate, samples if samples > 0 else None, signals)


def segments(text: str) -> list[tuple[str, int]] | None:
    """The names of the segments of a record and their frames; None for a record without segments.

    A segment named "~" was not recorded. RecordingError if the header cannot be used.
    """
    lines = _lines(text)
    matched = re.match(r"\S+/(\d+)\s", lines[0] + " ") if lines else None
    if matched is None:
        return None
    found = [re.fullmatch(r"([\w.-]+|~)\s+(\d+).*", line) for line in lines[1:]]
    given = [(segment[1], int(segment[2])) for segment in found if segment]
    if not given or len(given) != int(matched[1]) or len(given) > MAX_SEGMENTS:
        raise RecordingError(
            f"announces {matched[1]} segments and names {len(given)}: copy the header again"
        )
    return given


def _lines(text: str) -> list[str]:
    lines = [line.strip() for line in text.splitlines()]
    return [line for line in lines if line and not line.startswith("#")]


def _signal(line: str) -> Signal:
    file, form, *rest = [*line.split(maxsplit=8), ""][:9]
    matched = re.fullmatch(r"(\d+)(?:x(\d+))?(?::\d+)?(?:\+(\d+))?", form)
    if matched is None:
        raise RecordingError(f"has a signal of the format {form!r}, which is no WFDB format")
    if not 1 <= int(matched[2] or 1) <= MAX_PER_FRAME:
        raise RecordingError(f"has {matched[2]} samples in a frame: correct its header")
    if "/" in file or "\\" in file or file in ("", "-", "~"):
        raise RecordingError(f"names the file {file!r}: its samples must be a file beside it")
    zero = _integer(rest, 2, 0)
    gain, baseline, unit = DEFAULT_GAIN, zero, "mV"
    if rest and (found := _GAIN.fullmatch(rest[0])):
        gain = float(found[1]) or DEFAULT_GAIN
        baseline = int(found[2]) if found[2] else zero
        unit = found[3] or unit
    if not math.isfinite(gain):
        raise RecordingError(f"has a signal of the gain {rest[0]!r}: correct its header")
    name = rest[6].strip() if len(rest) > 6 else ""
    return Signal(
        file,
        matched[1],
        int(matched[3] or 0),
        gain / MILLIVOLTS.get(unit, 1.0),
        baseline,
        name,
        unit,
        int(matched[2] or 1),
    )


def _integer(fields: list[str], at: int, default: int) -> int:
    try:
        return int(fields[at])
    except (IndexError, ValueError):
        return default
