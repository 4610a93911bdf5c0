"""The ground truth of simulated signals: what was drawn or said, and when."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Mark:
    """A digit that was drawn, or a word that was said; times are in seconds of the stream."""

    label: str
    start: float
    end: float


def truth_at(marks: Iterable[Mark], t: float, within: float) -> str:
    """The label of the mark that goes on at `t` or ended at most `within` seconds before, or ""."""
    labels = [mark.label for mark in marks if mark.start <= t <= mark.end + within]
    return labels[-1] if labels else ""
