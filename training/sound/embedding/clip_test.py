"""The protocol of local-wake: clips, three takes, and a threshold that is chosen on the test.

A clip is accepted if its distance to the takes is below a threshold. The threshold is the one with
the highest accuracy on the tested clips themselves, so these figures flatter; false accepts are a
share of clips, not a number an hour. https://github.com/st-matskevich/local-wake
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edge.decision.template_matching import MAX_DISTANCE, TemplateMatcher
from edge.enroll.embedding import Embedding
from edge.enroll.embedding_file import EmbeddingFile
from edge.enroll.enroll import EmbeddedTake, embed_take
from edge.enroll.takes import read_take
from edge.errors import EdgeError
from training.sound.data.clip_files import LabelledClip
from training.sound.embedding.people import enrolled_takes, test_clips

TAKES = 3
COUNTS = {"own": None, "others": 8, "false_own": 8, "false_others": 12}
"""Clips of each group that are tested with an enrolled word, at most."""


@dataclass(frozen=True)
class ClipFigures:
    own: float
    """Share of the later clips of the speaker that are accepted."""
    others: float
    """Share of the clips of the word by other people."""
    false_own: float
    """Share of the clips of other words by the speaker."""
    false_others: float
    """Share of the clips of other words by other people."""


def measure_clips(file: EmbeddingFile, clips: Sequence[LabelledClip], seed: int = 0) -> ClipFigures:
    embedding, rng = Embedding(file), np.random.default_rng(seed)
    candidates = test_clips(clips)
    distances: dict[str, list[float]] = {group: [] for group in COUNTS}

    @cache
    def embed(path: Path) -> EmbeddedTake | None:
        try:
            return embed_take(read_take(path, embedding.rate), embedding)
        except EdgeError:
            return None

    def embed_all(chosen: Sequence[LabelledClip]) -> list[EmbeddedTake]:
        return [take for clip in chosen if (take := embed(clip.path))]

    for speaker, words in enrolled_takes(clips).items():
        for word, own in words.items():
            enrolled = embed_all(own[:TAKES])
            if len(enrolled) < TAKES:
                continue
            matcher = TemplateMatcher([[take.template for take in enrolled]], file.fillers)
            groups = _groups(candidates, speaker, word) | {"own": own[TAKES:]}
            for group, count in COUNTS.items():
                order = rng.permutation(len(groups[group]))[:count]
                tested = embed_all([groups[group][k] for k in order])
                distances[group] += [_distance(matcher, take.recording) for take in tested]
    found = {group: np.array(values) for group, values in distances.items()}
    own_share, false_own = _shares(found["own"], found["false_own"])
    others_share, false_others = _shares(found["others"], found["false_others"])
    return ClipFigures(own_share, others_share, false_own, false_others)


def _groups(
    clips: Sequence[LabelledClip], speaker: str, word: str
) -> dict[str, list[LabelledClip]]:
    """Return the clips that a speaker's enrolled word is compared with, except its own takes."""
    return {
        "others": [c for c in clips if c.word == word and c.speaker != speaker],
        "false_own": [c for c in clips if c.word != word and c.speaker == speaker],
        "false_others": [c for c in clips if c.word != word and c.speaker != speaker],
    }


def _distance(matcher: TemplateMatcher, embeddings: NDArray[np.float32]) -> float:
    matcher.reset()
    return min([MAX_DISTANCE, *(float(matcher.step(row)[0]) for row in embeddings)])


def _shares(right: NDArray[np.float64], wrong: NDArray[np.float64]) -> tuple[float, float]:
    """Return the shares that are accepted at the threshold with the highest balanced accuracy."""
    thresholds = np.unique(np.concatenate([right, wrong]))
    accepted = (right[:, None] <= thresholds).mean(axis=0)
    false = (wrong[:, None] <= thresholds).mean(axis=0)
    best = int((accepted - false).argmax())
    return float(accepted[best]), float(false[best])
