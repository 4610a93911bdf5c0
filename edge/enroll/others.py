"""Raise the thresholds of words that are detected in recordings without them, such as clips that
somebody marked as wrong."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edge.decision.template_matching import Fillers, TemplateMatcher
from edge.decision.templates import EnrolledWord
from edge.enroll.calibration import THRESHOLD

ODDS = 1.5  # of the new threshold, relative to those of the score in such a recording
MAX_THRESHOLD = 0.95  # above it, the word itself would be missed too often


@dataclass(frozen=True)
class StricterWord:
    """A word that needs a higher score, because it was found in a recording without it."""

    word: str
    threshold: float
    path: Path
    """The recording in which its score is highest."""
    score: float

    def sentence(self) -> str:
        if self.score >= self.threshold:
            return (
                f"{self.path} sounds like {self.word!r} (score {self.score:.2f}), and will be "
                "detected as it again: move the recording if it is this word, or choose another "
                "word"
            )
        return (
            f"{self.word!r} needs a score of {self.threshold:.2f}, because {self.path} sounds "
            "like it"
        )


def stricter_words(
    words: Mapping[str, EnrolledWord],
    recordings: Sequence[tuple[Path, NDArray[np.float32]]],
    fillers: Fillers | None = None,
) -> Iterator[StricterWord]:
    """Yield each word that is detected, or almost detected, in one of the recordings.

    `recordings`: the path and the embeddings of each.
    """
    matcher = TemplateMatcher([list(word.takes) for word in words.values()], fillers)
    highest: dict[str, tuple[float, Path]] = {}
    for path, embeddings in recordings:
        matcher.reset()
        distances = np.array([matcher.step(embedding) for embedding in embeddings])
        if not len(distances):
            continue
        for name, distance in zip(words, distances.min(axis=0).tolist(), strict=True):
            score = words[name].score(distance)
            highest[name] = max(highest.get(name, (0.0, path)), (score, path))
    for name, (score, path) in highest.items():
        odds = ODDS * score / (1 - min(score, 0.999))
        threshold = round(min(MAX_THRESHOLD, odds / (1 + odds)), 4)
        if threshold > THRESHOLD:
            yield StricterWord(name, threshold, path, score)
