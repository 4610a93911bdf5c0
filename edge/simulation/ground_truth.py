"""The truth about what is simulated."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Mark:
    """A digit that was drawn, or a word that was said, in seconds of the stream."""

    label: str
    start: float
    end: float
