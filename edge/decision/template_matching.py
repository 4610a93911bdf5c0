"""Compare a stream of embeddings with recorded takes: subsequence dynamic time warping.

A template is the sequence of embeddings of one take. A path through it may begin at any step of the
stream. From one step of the stream to the next it stays in its row of the template, goes on to the
next row, or skips one, so what is said may be half or twice as long as the take. The distance of a
path is the mean cosine distance along it; at each row the path with the lowest mean goes on.

Fillers, vectors of speech in general, make the distances of different voices, rooms and words
comparable: a step that is far from all fillers, too, is no evidence against a word. A share of the
distance to the nearest filler is subtracted from the cosine distance of each step.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

NEAREST = 2  # takes of a word whose distances are averaged: one alone may match by chance
MAX_STRETCH = 2  # steps of the stream for each row of a template
MAX_DISTANCE = 2.0  # between opposite vectors
FAR = np.float32(1e3)  # of a path that does not exist


def unit_rows(rows: NDArray[np.floating]) -> Floats:
    """Return the rows scaled to length 1; rows of zeros stay."""
    length = np.sqrt(np.sum(np.square(rows, dtype=np.float32), axis=-1, keepdims=True))
    return (rows / np.maximum(length, 1e-6)).astype(np.float32)


@dataclass(frozen=True)
class Fillers:
    vectors: NDArray[Any]
    """(n, dimensions); only their directions matter."""
    weight: float
    """The share of the distance to the nearest one that is subtracted."""


class TemplateMatcher:
    """Follows all templates of all words at once, step by step."""

    def __init__(
        self, templates: Sequence[Sequence[NDArray[Any]]], fillers: Fillers | None = None
    ) -> None:
        """`templates` has the takes of each word; a take has a row for each step."""
        takes = [take for word in templates for take in word]
        lengths = np.array([len(take) for take in takes])
        self._rows = unit_rows(np.concatenate(takes))
        self._fillers = None if fillers is None else unit_rows(fillers.vectors)
        self._weight = 0.0 if fillers is None else np.float32(fillers.weight)
        self._last = np.cumsum(lengths) - 1
        first = self._last - lengths + 1
        position = np.concatenate([np.arange(n) for n in lengths])
        # Rows from which a path cannot come: there is no such row in the same template.
        self._no_previous = first
        self._no_skip = np.concatenate([first, np.minimum(first + 1, self._last)])
        self._max_steps = (MAX_STRETCH * (position + 1) + 1).astype(np.float32)
        self._first = first
        counts = np.array([len(word) for word in templates])
        ends = np.cumsum(counts)
        self._takes_of_word = [slice(end - n, end) for end, n in zip(ends, counts, strict=True)]
        self.reset()

    def reset(self, streams: tuple[int, ...] = ()) -> None:
        """Forget the stream: the next step is the first of every path.

        With `streams`, so many streams are followed at once.
        """
        shape = (*streams, len(self._rows))
        self._sum, self._steps = np.full(shape, FAR), np.ones(shape, np.float32)

    def step(self, embedding: Floats) -> Floats:
        """Return the distance of the best path that ends here, for each word.

        `embedding` is (dimensions,), or with `streams` (streams, dimensions).
        """
        direction = unit_rows(embedding)
        cost = 1 - direction @ self._rows.T
        if self._fillers is not None:
            nearest_filler = (direction @ self._fillers.T).max(axis=-1, keepdims=True)
            cost -= self._weight * (1 - nearest_filler)
        total, steps = self._sum, self._steps
        # Three ways to come to each row; the mean of each path with this step.
        stayed = np.where(steps < self._max_steps, total, FAR)
        previous, previous_steps = np.roll(total, 1, -1), np.roll(steps, 1, -1)
        previous[..., self._no_previous] = 0  # a path begins
        previous_steps[..., self._no_previous] = 0
        skipped, skipped_steps = np.roll(total, 2, -1), np.roll(steps, 2, -1)
        skipped[..., self._no_skip] = FAR
        sums = np.stack([previous, stayed, skipped])
        counts = np.stack([previous_steps, steps, skipped_steps])
        sums += cost
        counts += 1
        best = (sums / counts).argmin(axis=0)[np.newaxis]
        self._sum = np.take_along_axis(sums, best, 0)[0]
        self._steps = np.take_along_axis(counts, best, 0)[0]
        ends = np.minimum(self._sum[..., self._last] / self._steps[..., self._last], MAX_DISTANCE)
        nearest = [np.sort(ends[..., takes])[..., :NEAREST] for takes in self._takes_of_word]
        return np.stack([found.mean(axis=-1) for found in nearest], axis=-1)
