"""Numbers of several digits: digits said one after another, until a pause ends the number."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from edge.decision import Decision, Event
from edge.events import Detection, Number
from edge.features import Window

PAUSE = 0.9  # s in which nothing sounds after a digit: the end of the number
LONGEST_WAIT = 2.5  # s from the last digit: other people's talk does not keep a number for ever
LONGEST = 64  # digits: nobody says more in one breath, and a machine gone mad fills no memory
DIGITS = frozenset("0123456789")


class NumberDecision(Decision):
    """What another decision finds, and after the last digit of a number, the number.

    A word that has begun is waited for: a long one is known a second after it began. The time of
    an event is the sound's own, whatever chunks it came in: a number ends PAUSE after the last of
    it, even if that is only noticed with the next digit.
    """

    def __init__(self, digits: Decision) -> None:
        self._decision = digits
        self._said: list[Detection] = []
        self._due = self._latest = 0.0
        self._now = 0.0

    def process(self, window: Window, scores: NDArray[np.float32]) -> Iterator[Event]:
        yield from self.pass_time(window.decided_t)
        if window.active:
            self._due = max(self._due, min(window.decided_t + PAUSE, self._latest))
        for event in self._decision.process(window, scores):
            yield event
            if isinstance(event, Detection) and event.label in DIGITS:
                self._said.append(event)
                self._due = window.decided_t + PAUSE
                self._latest = window.decided_t + LONGEST_WAIT
                if len(self._said) == LONGEST:
                    yield self._number(window.decided_t)

    def pass_time(self, t: float) -> Iterator[Event]:
        self._now = t
        if self._said and t >= self._due:
            yield self._number(self._due)
        yield from self._decision.pass_time(t)

    def finish(self) -> Iterator[Event]:
        yield from self._decision.finish()
        if self._said:
            yield self._number(self._now)

    def _number(self, known_t: float) -> Number:
        last = self._said[-1]
        text = "".join(event.label for event in self._said)
        self._said = []
        return Number(text, last.t, (known_t - last.t) * 1000)
