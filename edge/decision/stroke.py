"""Decide about strokes: one digit for each, across the pauses that some writers make within it.

A stroke is answered at once. If the hand goes on after a short rest, the next window holds both
movements. If they look more like one digit than the answers so far, these are retracted.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge.decision import Decision, Event, RunNetwork
from edge.decision.reading import ScoredStroke, StrokeReader
from edge.decision.rejection import reason_for
from edge.decision.sign import SignMemory, agreement_odds
from edge.decision.stroke_recording import score_recording
from edge.decision.stroke_settings import StrokeSettings
from edge.decision.views import scores_under_both_signs
from edge.events import Detection, Rejection, Retraction
from edge.features import Window
from edge.features.motion.pieces import PIECES

MORE_DOUBTFUL = 1.3  # a join may be so much more doubtful than its surest part, and replace it


@dataclass(frozen=True)
class _Answer:
    label: str
    score: float
    start: float
    """Source time at which its stroke began."""
    end: float
    detected_t: float
    """`t` of its detection."""


class StrokeDecision(Decision):
    settings_class = StrokeSettings

    def __init__(self, labels: Sequence[str], settings: StrokeSettings) -> None:
        self._settings = settings
        self._reader = StrokeReader(labels, settings)
        self._memory = SignMemory()
        self._answers: list[_Answer] = []
        self._settled_t = -np.inf
        """`decided_t` of the newest window of which a join was accepted."""

    def change_settings(self, settings: StrokeSettings) -> None:
        self._settings = settings

    def process(self, window: Window, scores: NDArray[np.float32]) -> Iterator[Event]:
        if window.decided_t == self._settled_t:
            return  # a part of an accepted join
        scored = self._reader.read(window, scores, self._memory)
        accepted = scored.score >= self._settings.thresholds[scored.label]
        if scored.facts.joined > 1:
            if accepted and self._is_one_stroke(scored):
                self._learn(scored)
                yield from self._replace_parts(scored)
            return
        self._learn(scored)
        if accepted:
            yield self._answer(scored)
        else:
            reason = reason_for(scored, self._settings)
            yield Rejection(
                reason, window.t, scored.scores, scored.trajectory, stroke=scored.reading
            )

    def _is_one_stroke(self, join: ScoredStroke) -> bool:
        start = join.facts.start
        if any(answer.start < start <= answer.end for answer in self._answers):
            return False  # it begins in the middle of an answer
        parts = self._parts(join)
        if [part.label for part in parts] == [join.label]:
            return True
        surest = max((part.score for part in parts), default=0.0)
        return 1 - join.score < MORE_DOUBTFUL * (1 - surest)

    def _parts(self, join: ScoredStroke) -> list[_Answer]:
        return [answer for answer in self._answers if answer.start >= join.facts.start]

    def _replace_parts(self, join: ScoredStroke) -> Iterator[Event]:
        self._settled_t = join.window.decided_t
        parts = self._parts(join)
        self._answers = [answer for answer in self._answers if answer not in parts]
        if [part.label for part in parts] == [join.label]:
            # The stroke goes on, and its answer stands.
            self._remember(join, parts[0].detected_t)
            return
        for part in parts:
            yield Retraction(part.label, part.detected_t, join.window.t, join.waited_ms)
        yield self._answer(join)

    def _answer(self, scored: ScoredStroke) -> Detection:
        self._remember(scored, scored.window.t)
        return Detection(
            scored.label,
            scored.score,
            scored.window.t,
            scored.waited_ms,
            scored.scores,
            scored.trajectory,
            stroke=scored.reading,
        )

    def _remember(self, scored: ScoredStroke, detected_t: float) -> None:
        start, end = scored.facts.start, scored.window.t
        answer = _Answer(scored.label, scored.score, start, end, detected_t)
        self._answers = [*self._answers, answer][-PIECES:]

    def _learn(self, scored: ScoredStroke) -> None:
        odds = float(agreement_odds(np.array(scored.facts.agreement))) + scored.evidence
        self._memory.learn(scored.facts.lateral, odds)

    @classmethod
    def window_scores(
        cls, settings: StrokeSettings, run_network: RunNetwork, window: Window
    ) -> NDArray[np.float32]:
        """(2, labels) under both signs."""
        facts, other = window.stroke, window.other_sign
        if facts is None or other is None:
            raise ValueError("the window is no stroke")

        def score(tensors: NDArray[np.float32]) -> NDArray[np.float32]:
            return np.stack([run_network(tensor, None) for tensor in tensors])

        trust = np.array([[facts.angle_trust, facts.position_trust]])
        scores = scores_under_both_signs(
            score, window.tensor[None], other[None], trust, settings.view_weights
        )
        return scores[0].astype(np.float32)

    @classmethod
    def score_recording(
        cls,
        labels: Sequence[str],
        settings: StrokeSettings,
        windows: Sequence[Window],
        scores: Sequence[NDArray[np.float32]],
    ) -> NDArray[np.float32]:
        return score_recording(labels, settings, windows, scores)
