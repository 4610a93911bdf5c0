"""The scores of a model for each window of long audio, and the words that a decision spots.

The features and the network run once, through the same code as live. The scores are stored, so that
many thresholds can be tried on them afterwards.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from edge.decision import Decision
from edge.events import Detection
from edge.features import Window
from edge.model import Model
from edge.samples import Chunk
from training.sound.evaluate.long_audio import LongAudio, TrueWord

log = logging.getLogger(__name__)

REPORT_EVERY_S = 600.0  # of audio


@dataclass(frozen=True)
class ScoredAudio:
    """The windows for which the network ran; while the level gate is closed there are none."""

    t: NDArray[np.float64]
    """End of each window, in seconds."""
    decided_t: NDArray[np.float64]
    """Time of the newest sample that was needed to compute the window."""
    scores: NDArray[np.float32]
    """(windows, labels), or of a model with enrolled words (windows, dimensions)."""
    labels: tuple[str, ...]
    seconds: float
    """Length of the audio, including the time in which the gate was closed."""
    words: list[TrueWord] = field(repr=False)
    """The ground truth."""

    def windows(self) -> Iterator[tuple[Window, NDArray[np.float32]]]:
        """Yield each window, without its tensor, and its scores: the input of a decision."""
        no_tensor = np.empty((0, 0), np.float32)
        for t, decided_t, scores in zip(self.t, self.decided_t, self.scores, strict=True):
            yield Window(float(t), float(decided_t), no_tensor), scores

    def gate_open_share(self) -> float:
        """Return the share of time in which the level gate was open and the network ran."""
        if len(self.t) < 2:
            return 0.0
        return float(len(self.t) * np.median(np.diff(self.t)) / self.seconds)


@dataclass(frozen=True)
class SpottedWord:
    """A detection of a decision."""

    t: float
    """Time at which the detection was known, in seconds."""
    label: str


def run_features_and_network(model: Model, audio: LongAudio) -> ScoredAudio:
    """Compute the scores of a model for long audio."""
    features = model.features()
    times: list[tuple[float, float]] = []
    scores: list[NDArray[np.float32]] = []

    def process(chunk: Chunk | None) -> None:
        for window in features.finish() if chunk is None else features.process(chunk):
            if isinstance(window, Window):
                times.append((window.t, window.decided_t))
                scores.append(model.scores(window.tensor, window.new_rows))

    count, reported = 0, 0.0
    for block in audio.blocks():
        if count / audio.rate - reported >= REPORT_EVERY_S:
            reported = count / audio.rate
            log.info("%s: %.0f of %.0f minutes", audio.name, reported / 60, audio.seconds / 60)
        t = (count + np.arange(len(block))) / audio.rate
        process(Chunk(t, block[:, np.newaxis]))
        count += len(block)
    process(None)
    log.info("%s: %.1f minutes scored", audio.name, audio.seconds / 60)
    t, decided_t = np.array(times, np.float64).reshape(-1, 2).T
    all_scores = np.array(scores, np.float32).reshape(len(scores), -1)
    seconds = count / audio.rate
    return ScoredAudio(t, decided_t, all_scores, tuple(model.labels), seconds, audio.words)


def run_decision(audio: ScoredAudio, decision: Decision) -> list[SpottedWord]:
    """Return the words that a decision spots in the audio."""
    return [
        SpottedWord(window.decided_t, event.label)
        for window, scores in audio.windows()
        for event in decision.process(window, scores)
        if isinstance(event, Detection)
    ]
