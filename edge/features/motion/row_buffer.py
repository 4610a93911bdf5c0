"""The newest samples of a stream with the activity at each, as far as a stroke can reach back."""

from __future__ import annotations

from collections import deque

from edge.features.motion.pieces import Piece
from edge.features.motion.span import Row


class RowBuffer:
    def __init__(self) -> None:
        self.rows: deque[Row] = deque()
        self._activities: deque[float] = deque()
        """One for each row."""

    def clear(self) -> None:
        self.rows.clear()
        self._activities.clear()

    def append(self, row: Row, activity: float) -> None:
        self.rows.append(row)
        self._activities.append(activity)

    def drop_before(self, t: float) -> None:
        while self.rows[0][0] < t:
            self.rows.popleft()
            self._activities.popleft()

    def between(self, start: float, end: float) -> list[Row]:
        return [row for row in self.rows if start <= row[0] <= end]

    def start_of_rise(self, threshold: float, longest: float) -> float:
        """Since when the activity has not been below the threshold; at most `longest` s ago."""
        now = start = self.rows[-1][0]
        for row, activity in zip(reversed(self.rows), reversed(self._activities), strict=True):
            if activity < threshold or now - row[0] > longest:
                break
            start = row[0]
        return start

    def trimmed(self, piece: Piece, least: float, margin: float) -> Piece:
        """The piece without the parts at both ends whose activity is less, but with a margin."""
        fast = [
            row[0]
            for row, activity in zip(self.rows, self._activities, strict=True)
            if piece.start <= row[0] <= piece.end and activity >= least
        ]
        if not fast:
            return piece
        return Piece(max(piece.start, fast[0] - margin), min(piece.end, fast[-1] + margin))
