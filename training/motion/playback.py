"""What an int8 model answers for a take: as one recording, and played to the live chain."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge.decision import Decision
from edge.decision.reading import StrokeReader
from edge.decision.sign import SignMemory, agreement_odds
from edge.decision.stroke_settings import StrokeSettings
from edge.errors import StrokeError
from edge.events import Detection, Retraction
from edge.features import Window
from edge.model.model import Model
from edge.samples import Chunk
from training.motion.strokes import DIGITS, LABELS, NONE


@dataclass(frozen=True)
class Answer:
    """The answers to one take."""

    scores: NDArray[np.float64]
    """(LABELS,) as `edge-classify` computes them."""
    label: str
    """That of `edge-classify`: the most probable one, NONE if there is no stroke."""
    accepted: bool
    """Whether it is a digit whose score reaches the threshold for recordings."""
    live: tuple[str, ...]
    """The digits that `airdigit-live` detects and does not retract."""


@dataclass(frozen=True)
class LiveAnswer:
    """One detection of the live chain that was not retracted."""

    label: str
    t: float
    latency_ms: float


def answer(model: Model, chunk: Chunk) -> Answer:
    """The answers of a model to one take; the live chain starts anew with it."""
    scores = recording_scores(model, chunk)
    label = LABELS[int(scores.argmax())]
    accepted = model.settings.accepts_recording(label, float(scores.max()))
    live = tuple(a.label for a in play(model, chunk, model.decision()))
    return Answer(scores, label, bool(accepted), live)


def recording_scores(model: Model, chunk: Chunk) -> NDArray[np.float64]:
    """(LABELS,) the scores of a take as `edge-classify` computes them; NONE without a stroke."""
    try:
        return np.asarray(model.score_recording(chunk)[: len(LABELS)], dtype=np.float64)
    except StrokeError:
        return np.eye(len(LABELS))[LABELS.index(NONE)]


def play(model: Model, chunk: Chunk, decision: Decision) -> list[LiveAnswer]:
    """The detections in a stream that are not retracted; the decision can have a memory."""
    answers: list[LiveAnswer] = []
    for window in stream_windows(model, chunk):
        for event in decision.process(window, model.window_scores(window)):
            if isinstance(event, Detection):
                answers.append(LiveAnswer(event.label, event.t, event.latency_ms))
            elif isinstance(event, Retraction):
                answers = [a for a in answers if a.t != event.retracted_t]
    return answers


def stream_windows(model: Model, chunk: Chunk) -> list[Window]:
    """The strokes that the motion gate finds in a stream, and their joins."""
    features = model.features()
    return [w for w in (*features.process(chunk), *features.finish()) if isinstance(w, Window)]


def stream_scores(model: Model, windows: Sequence[Window]) -> NDArray[np.float64]:
    """(n, LABELS) scores of a stream, with the memory of the sign that the live chain has.

    Of the windows that are decided at the same time, which are a stroke and its joins, those of the
    one that looks most like a digit.
    """
    assert isinstance(model.settings, StrokeSettings)
    reader, memory = StrokeReader(model.labels, model.settings), SignMemory()
    rows: dict[float, list[float]] = {}
    for window in windows:
        read = reader.read(window, model.window_scores(window), memory)
        row = [read.scores[label] for label in LABELS]
        before = rows.get(window.decided_t, row)
        rows[window.decided_t] = max(row, before, key=lambda r: max(r[: len(DIGITS)]))
        if read.facts.joined == 1:
            odds = float(agreement_odds(np.array(read.facts.agreement))) + read.evidence
            memory.learn(read.facts.lateral, odds)
    return np.reshape(list(rows.values()), (-1, len(LABELS)))
