"""Join spoken digits into numbers: digits one after another, until a pause ends the number."""

from __future__ import annotations

from collections.abc import Iterator
from math import inf
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.decision import Decision, Event
from edge.events import Detection, Number, Retraction
from edge.features import Window

PAUSE = 0.9  # s; a number ends after this time without sound after its last digit
MAX_WAIT = 2.5  # s; a number ends this time after its last digit even if others go on talking
MAX_DIGITS = 64  # more than a person says without a pause; limits the memory of a faulty stream
DIGITS = frozenset("0123456789")


class NumberDecision(Decision):
    """Passes on the events of another decision, and adds the number after its last digit.

    A number does not end while a sound goes on, because a long word is detected up to a second
    after its start. All times are times of the samples, not of the arrival of chunks: a number ends
    PAUSE after its last sound, even if the chunk that shows this arrives later.
    """

    def __init__(self, digits: Decision) -> None:
        self._decision = digits
        self._digits: list[Detection] = []
        self._due = self._latest = 0.0
        self._now = 0.0

    def change_settings(self, settings: Any) -> None:
        self._decision.change_settings(settings)

    def process(self, window: Window, scores: NDArray[np.float32]) -> Iterator[Event]:
        yield from self.pass_time(window.decided_t)
        if window.active:
            self._due = max(self._due, min(window.decided_t + PAUSE, self._latest))
        for event in self._decision.process(window, scores):
            yield event
            if isinstance(event, Detection) and event.label in DIGITS:
                self._digits.append(event)
                self._due = window.decided_t + PAUSE
                self._latest = window.decided_t + MAX_WAIT
                if len(self._digits) == MAX_DIGITS:
                    yield self._number(window.decided_t)
            elif isinstance(event, Retraction):
                self._digits = [digit for digit in self._digits if digit.t != event.retracted_t]

    def next_detection_t(self) -> float:
        return self._decision.next_detection_t()

    @property
    def due_t(self) -> float:
        return min(self._due if self._digits else inf, self._decision.due_t)

    def pass_time(self, t: float) -> Iterator[Event]:
        self._now = t
        if self._digits and t >= self._due:
            yield self._number(self._due)
        yield from self._decision.pass_time(t)

    def finish(self) -> Iterator[Event]:
        yield from self._decision.finish()
        if self._digits:
            yield self._number(self._now)

    def _number(self, decided_t: float) -> Number:
        last = self._digits[-1]
        text = "".join(event.label for event in self._digits)
        score = min(event.score for event in self._digits)
        self._digits = []
        return Number(text, score, last.t, (decided_t - last.t) * 1000)
