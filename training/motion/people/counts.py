"""How many simulated people do what."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

import numpy as np

PEOPLE = ("turns", "idle", "hands")
"""The fields that count people, not figures."""


@dataclass(frozen=True)
class FigureCounts:
    """How many figures of each kind are drawn, each by another person; and what else people do."""

    unipen_digits: int = 0
    pendigits: int = 0
    letters: int = 0
    letters_as_digits: int = 0
    forms: int = 0
    """Forms of digits that this project describes itself."""
    paths: int = 0
    """Recorded paths of digits, from the stroke files of magic_wand."""
    circles: int = 0
    shapes: int = 0
    turns: int = 0
    """Twists and flicks, in groups of 64 people."""
    idle: int = 0
    """People who walk, fidget and handle things for 40 s."""
    hands: int = 0
    """People of `--mock` who draw their own digits, and some figures of the kinds above."""

    def scaled(self, figures: int) -> FigureCounts:
        """The same mixture with so many figures, and as many other people in proportion."""
        share = figures / self.figures
        drawn = [f.name for f in fields(self) if f.name not in PEOPLE]
        ends = np.rint(np.cumsum([getattr(self, name) for name in drawn]) * share).astype(int)
        counts = dict(zip(drawn, np.diff(ends, prepend=0).tolist(), strict=True))
        people = {name: math.ceil(getattr(self, name) * share) for name in PEOPLE}
        return FigureCounts(**counts, **people)

    @property
    def figures(self) -> int:
        """How many figures are drawn, each by a person of its own."""
        return sum(getattr(self, f.name) for f in fields(self) if f.name not in PEOPLE)
