"""The ground truth of simulated signals: what was drawn or said, and when."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Mark:
    """A digit that was drawn, or a word that was said; times are in seconds of the stream."""

    label: str
    start: float
    end: float
