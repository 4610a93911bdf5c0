"""Find for each word the distance at which other speech causes few false accepts.

The templates of all words are compared with the bank. The lowest distances that a word has there
are its false accepts; their number falls exponentially with the distance, and the fit of this tail
gives the distance for a rate that is lower than the bank is long.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge.decision.template_matching import MAX_DISTANCE, Fillers, TemplateMatcher
from edge.decision.templates import EnrolledWord
from edge.enroll.embedding_file import Bank

THRESHOLD = 0.5  # the score at the distance that is found
FALSE_PER_HOUR = 1.0  # of all words together in the bank, at this score
BLOCK_S = 0.6  # in which a word has one false accept at most: the refractory time
TAIL = 24  # lowest distances that the fit uses
STREAMS = 64  # parts of the bank that are compared at once
OVERLAP_S = 3.0  # of a part with the one before it: longer than a word
# Width of a tail. The width of one word is known only from TAIL distances, so it is moved to this.
TYPICAL_WIDTH = 0.02
MIN_WIDTH = 0.004  # a few low distances may be close together by chance

Levels = NDArray[np.int8]


@dataclass(frozen=True)
class Tail:
    """The false accepts an hour of a word: `rate` at the distance `start`, e times fewer for each
    `width` below it."""

    start: float
    rate: float
    width: float

    def distance_at(self, rate: float) -> float:
        """Return the distance with so many false accepts an hour."""
        return max(-MAX_DISTANCE, self.start - self.width * float(np.log(self.rate / rate)))


def enrolled_words(
    takes: Mapping[str, Sequence[Levels]], bank: Bank, fillers: Fillers, step_s: float
) -> dict[str, EnrolledWord]:
    """Return the words with the distances of their scores."""
    distances = bank_distances(list(takes.values()), bank, fillers, step_s)
    words = {}
    for number, (word, of_word) in enumerate(takes.items()):
        other = distances[~bank.steps_with(word), number]
        tail = fit_tail(other, step_s)
        center = tail.distance_at(FALSE_PER_HOUR / len(takes))
        words[word] = EnrolledWord(tuple(of_word), round(center, 5), round(tail.width, 5))
    return words


def bank_distances(
    templates: Sequence[Sequence[Levels]], bank: Bank, fillers: Fillers, step_s: float
) -> NDArray[np.float32]:
    """Return the distance of each word at each step of the bank, (steps, words)."""
    embeddings = bank.embeddings()
    overlap, count = round(OVERLAP_S / step_s), len(embeddings)
    part = -(-count // STREAMS)
    padded = np.pad(embeddings, ((overlap, part * STREAMS - count), (0, 0)), mode="edge")
    starts = np.arange(STREAMS) * part
    matcher = TemplateMatcher(templates, fillers)
    matcher.reset((STREAMS,))
    found = np.empty((STREAMS, part, len(templates)), np.float32)
    for step in range(overlap + part):
        distance = matcher.step(padded[starts + step].astype(np.float32))
        if step >= overlap:
            found[:, step - overlap] = distance
    return found.reshape(-1, len(templates))[:count]


def fit_tail(distances: NDArray[np.float32], step_s: float) -> Tail:
    """Return the tail of the distances of one word in speech without it."""
    block = round(BLOCK_S / step_s)
    count = len(distances) // block
    lowest = np.sort(distances[: count * block].reshape(count, block).min(axis=1))[: TAIL + 1]
    *tail, start = lowest.tolist()
    hours = len(distances) * step_s / 3600
    width = max(MIN_WIDTH, float(np.mean(start - np.array(tail))))
    width = float(np.sqrt(width * TYPICAL_WIDTH))
    return Tail(min(start, MAX_DISTANCE), len(tail) / hours, width)
