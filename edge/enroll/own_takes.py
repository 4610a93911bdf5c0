"""Test each take with templates of the others: what the speaker can expect."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge.decision.template_matching import MAX_DISTANCE, Fillers, TemplateMatcher
from edge.decision.templates import EnrolledWord
from edge.enroll.calibration import THRESHOLD


@dataclass(frozen=True)
class TakeResult:
    """What is detected in one take of a word, when the other takes are enrolled."""

    word: str
    number: int
    """Of the take in its word."""
    own_score: float
    """Of its own word; 0 if the word has no other take."""
    best_other: str | None
    """Another word that has a higher score, and one that is detected."""

    @property
    def detected(self) -> bool:
        return self.own_score >= THRESHOLD and self.best_other is None


def leave_one_out(
    words: Mapping[str, EnrolledWord],
    recordings: Mapping[str, list[NDArray[np.float32]]],
    fillers: Fillers,
) -> list[TakeResult]:
    """Return the result of each take; `recordings` has the embeddings of the whole recordings."""
    results = []
    for word, takes in recordings.items():
        for number, recording in enumerate(takes):
            scores = _scores(words, word, number, recording, fillers)
            own = scores.pop(word)
            best = max(scores, key=lambda name: scores[name], default=None)
            if best is not None and scores[best] < max(own, THRESHOLD):
                best = None
            results.append(TakeResult(word, number, own, best))
    return results


def _scores(
    words: Mapping[str, EnrolledWord],
    word: str,
    left_out: int,
    recording: NDArray[np.float32],
    fillers: Fillers,
) -> dict[str, float]:
    others = [take for k, take in enumerate(words[word].takes) if k != left_out]
    templates = {name: list(one.takes) for name, one in words.items()} | {word: others}
    templates = {name: takes for name, takes in templates.items() if takes}
    if not templates:
        return dict.fromkeys(words, 0.0)
    matcher = TemplateMatcher(list(templates.values()), fillers)
    lowest = np.full(len(templates), MAX_DISTANCE, np.float32)
    for embedding in recording:
        lowest = np.minimum(lowest, matcher.step(embedding))
    distances = dict(zip(templates, lowest.tolist(), strict=True))
    return {
        name: one.score(distances[name]) if name in distances else 0.0
        for name, one in words.items()
    }
