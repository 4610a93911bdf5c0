"""The protocol of local-wake: clips, three takes, and a threshold that is chosen on the test.

A clip is accepted if its distance to the takes is below a threshold. The threshold is the one with
the highest accuracy on the tested clips themselves, so these figures flatter; false accepts are a
share of clips, not a number an hour. https://github.com/st-matskevich/local-wake
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge.decision.template_matching import MAX_DISTANCE, TemplateMatcher
from edge.enroll.embedding import Embedding
from edge.enroll.embedding_file import EmbeddingFile
from edge.enroll.enroll import template
from edge.enroll.takes import WordTake, read_take
from edge.errors import EdgeError
from training.sound.data.clip_files import LabelledClip
from training.sound.embedding.config import KEPT_OUT
from training.sound.embedding.people import TAKES_OF_TESTED, test_clips, tested_speakers

TAKES = 3
OTHER_PEOPLE = 8  # clips of the word by other people, for each enrolled word
OTHER_WORDS = 12  # clips of other words, for each enrolled word


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
    tested, cached = tested_speakers(clips), dict[str, WordTake | None]()
    embedded: dict[str, NDArray[np.float32]] = {}
    candidates = test_clips(clips)
    distances: dict[str, list[float]] = {
        "own": [],
        "others": [],
        "false_own": [],
        "false_others": [],
    }

    def take(clip: LabelledClip) -> WordTake | None:
        key = str(clip.path)
        if key not in cached:
            try:
                cached[key] = read_take(clip.path, embedding.rate)
            except EdgeError:
                cached[key] = None
        return cached[key]

    for speaker in tested:
        for word in KEPT_OUT:
            own = [clip for clip in clips if (clip.speaker, clip.word) == (speaker, word)]
            if len(own) < TAKES_OF_TESTED:
                continue
            enrolled = [found for found in map(take, own[:TAKES]) if found]
            if len(enrolled) < TAKES:
                continue
            matcher = TemplateMatcher([[template(found, embedding) for found in enrolled]])
            groups = {
                "own": own[TAKES:],
                "others": [c for c in candidates if c.word == word and c.speaker != speaker],
                "false_own": [c for c in candidates if c.word != word and c.speaker == speaker],
                "false_others": [c for c in candidates if c.word != word and c.speaker != speaker],
            }
            counts = {
                "others": OTHER_PEOPLE,
                "false_own": OTHER_PEOPLE,
                "false_others": OTHER_WORDS,
            }
            for name, group in groups.items():
                order = rng.permutation(len(group))[: counts.get(name, len(group))]
                for clip in (group[k] for k in order):
                    found = take(clip)
                    if found:
                        key = str(found.path)
                        if key not in embedded:
                            seconds = len(found.samples) / embedding.rate
                            embedded[key] = embedding.of_sound(found.samples, 0.0, seconds)
                        distances[name].append(_distance(matcher, embedded[key]))
    return _at_best_threshold({name: np.array(values) for name, values in distances.items()})


def _distance(matcher: TemplateMatcher, embeddings: NDArray[np.float32]) -> float:
    matcher.reset()
    lowest = MAX_DISTANCE
    for row in embeddings:
        lowest = min(lowest, float(matcher.step(row)[0]))
    return lowest


def _at_best_threshold(distances: dict[str, NDArray[np.float64]]) -> ClipFigures:
    words, false = (
        (distances["own"], distances["false_own"]),
        (distances["others"], distances["false_others"]),
    )
    own, false_own = _shares(*words)
    others, false_others = _shares(*false)
    return ClipFigures(own, others, false_own, false_others)


def _shares(right: NDArray[np.float64], wrong: NDArray[np.float64]) -> tuple[float, float]:
    """Return the shares that are accepted at the threshold with the highest balanced accuracy."""
    thresholds = np.unique(np.concatenate([right, wrong]))
    accepted = (right[:, None] <= thresholds).mean(axis=0)
    false = (wrong[:, None] <= thresholds).mean(axis=0)
    best = int((accepted - false).argmax())
    return float(accepted[best]), float(false[best])
