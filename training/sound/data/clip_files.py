"""A recording of one word, and what its file name says."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

SPEAKER_PATTERNS = (
    re.compile(r"(?P<speaker>[^_]+)_nohash_"),  # Speech Commands
    re.compile(r"\d_(?P<speaker>[^_]+)_\d+"),  # <digit>_<speaker>_<take>, as in FSDD
    re.compile(r"(?P<speaker>\d+)_NO_\d+"),  # the Arabic digits
)
LECTURE_NAME = re.compile(r"\d_\d{3}")  # <digit>_<take>, as in the lecture: 4_017 is a four


@dataclass(frozen=True)
class LabelledClip:
    """A recording of one word."""

    path: Path
    word: str
    speaker: str = ""
    """Empty if unknown."""
    split: str = ""
    """train, val or test if the corpus says so, else empty."""


def speaker_of(stem: str) -> str:
    """Return the speaker from a file name of a known pattern, else an empty string."""
    for pattern in SPEAKER_PATTERNS:
        match = pattern.match(stem)
        if match:
            return match["speaker"]
    return ""
