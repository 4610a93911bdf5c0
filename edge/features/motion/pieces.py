"""Joins movements across the pauses that some writers make within a digit.

A movement that ended may be a digit, or the first part of one. So every movement is given out
alone, and also joined to the movements before it if the rests between them are short. What was
meant is for the decision, which sees how much each of them looks like a digit.

The values of these constants, and their names, are part of every model's input specification.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

LONGEST = 6.0  # s, duration of a stroke, with the pauses in it
REJOIN = 0.7  # s of rest after which a stroke cannot go on
PIECES = 3  # movements that can be one stroke
MEMORY = LONGEST + REJOIN  # s: no stroke reaches back farther, whenever its end is known


@dataclass(frozen=True)
class Piece:
    """One movement between two rests; times in seconds."""

    start: float
    end: float


@dataclass(frozen=True)
class Join:
    """Consecutive pieces that may be one stroke."""

    start: float
    pieces: int
    longest_rest: float


class Pieces:
    """The last movements of a stream, as far as the next one may belong to them."""

    def __init__(self) -> None:
        self._recent: list[Piece] = []

    @property
    def start(self) -> float | None:
        """The time from which the samples are needed; None if there is no movement to join."""
        return self._recent[0].start if self._recent else None

    def clear(self) -> None:
        self._recent = []

    def pass_time(self, t: float, resting: bool) -> None:
        """Forget the movements that no later one can be joined to."""
        if resting and self._recent and t - self._recent[-1].end > REJOIN:
            self._recent = []
        self._recent = [piece for piece in self._recent if t - piece.start <= MEMORY]

    def joins(self, newest: Piece) -> Iterator[Join]:
        """The newest movement alone, and joined to one or more before it."""
        self._recent = [*self._recent, newest][-PIECES:]
        longest_rest = 0.0
        for count, piece in enumerate(reversed(self._recent), 1):
            if count > 1:
                rest = self._recent[1 - count].start - piece.end
                longest_rest = max(longest_rest, rest)
                if rest > REJOIN:
                    # Not the newest movement but this one ends the chain.
                    self._recent = self._recent[1 - count :]
                    return
            if newest.end - piece.start > LONGEST:
                return
            yield Join(piece.start, count, longest_rest)
