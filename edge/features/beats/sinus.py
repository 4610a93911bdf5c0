"""How a beat fits the rhythm of the sinus, which early beats and runs of them do not change.

The intervals of the last beats alone do not show that a heart races: after some seconds, the fast
beats are the usual ones. So the interval of the sinus is the median of intervals that are neither
early nor late. A run of early beats changes it only if the run is very long.
"""

from __future__ import annotations

from collections import deque
from math import log

import numpy as np

INTERVALS = 16  # whose median is the interval of the sinus
LEAST = 4  # intervals that are needed to tell early beats
EARLY, LATE = 0.87, 1.25  # of the interval of the sinus: shorter or longer intervals do not count
LONGEST_RUN = 100  # early beats in a row after which they are the rhythm of the sinus
SLOW_BEATS = 6  # late beats in a row after which the sinus is slower
RUN = 12  # the last beats of a run that describe it
DEVIATIONS = 32  # beats that show how irregular the rhythm is
CALM = 20  # beats since the last early one are counted up to here

NAMES = (
    "before_to_sinus",
    "after_to_sinus",
    "run_length",
    "run_onset",
    "run_irregularity",
    "local_to_sinus",
    "since_early",
    "in_run",
    "previous_to_sinus",
    "before_to_run",
    "deviation_from_sinus",
)


class Sinus:
    """The rhythm of the sinus of one patient. Intervals are in s."""

    def __init__(self) -> None:
        self._intervals: deque[float] = deque(maxlen=INTERVALS)
        self._recent: deque[float] = deque(maxlen=8)
        self._deviations: deque[float] = deque(maxlen=DEVIATIONS)
        self._run: list[float] = []
        self._onset = 0.0  # how early the first beat of the run was, as a logarithm
        self._late = 0  # late beats in a row
        self._since_early = CALM
        self._previous = 0.0  # how early the last beat was, as a logarithm

    def is_early(self, before: float) -> bool:
        """Whether a beat that follows the last one after `before` s comes early."""
        return len(self._intervals) >= LEAST and before < EARLY * self._interval(before)

    def add(self, before: float, after: float, local: float) -> dict[str, float]:
        """How the next beat fits, by NAMES; all values are about -2 to 2.

        `before` and `after` are the intervals to the beats around it, `local` is the usual interval
        of the last beats.
        """
        interval = self._interval(before)
        early = log(before / interval)
        previous, self._previous = self._previous, early
        self._update(before, early)
        self._deviations.append(abs(early))
        run = self._run[-RUN:] if len(self._run) > 1 else []
        values = (
            3 * early,
            2 * log(after / interval),
            log(1 + len(self._run)),
            3 * self._onset,
            8 * float(np.std(np.log(run))) if run else 0.0,
            2 * log(local / interval),
            self._since_early / 10,
            2.0 if self._run else 0.0,
            2 * previous,
            4 * log(before / float(np.median(run))) if run else 0.0,
            8 * float(np.mean(self._deviations)),
        )
        return dict(zip(NAMES, values, strict=True))

    def _update(self, before: float, early: float) -> None:
        if self.is_early(before):
            self._late = self._since_early = 0
            self._onset = self._onset if self._run else early
            self._run.append(before)
            if len(self._run) >= LONGEST_RUN:
                self._start_anew(self._run)
        elif len(self._intervals) >= LEAST and before > LATE * self._interval(before):
            self._run, self._late = [], self._late + 1
            if self._late >= SLOW_BEATS:
                self._start_anew([*self._recent, before])
        else:
            self._intervals.append(before)
            self._run, self._late = [], 0
        self._recent.append(before)
        if not self._run:
            self._onset = 0.0
            self._since_early = min(self._since_early + 1, CALM)

    def _start_anew(self, intervals: list[float]) -> None:
        """These intervals are those of the sinus from now on."""
        self._intervals = deque(intervals, maxlen=INTERVALS)
        self._run, self._late = [], 0

    def _interval(self, default: float) -> float:
        return float(np.median(self._intervals)) if self._intervals else default
