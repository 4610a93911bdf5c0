"""How a beat fits the rhythm: its intervals compared with those of the beats before it."""

from __future__ import annotations

from collections import deque
from math import log

import numpy as np

LOCAL = 12  # intervals that give the local interval, about ten seconds
LONG = 64  # intervals that give the usual interval, about a minute
SPREAD = 32  # intervals that show how irregular the rhythm is
SHORTEST, LONGEST = 0.2, 2.0  # s; other intervals are counted as these
FIRST_INTERVAL = 0.8  # s, before the first beat
FIRST_SPREAD = 0.05
LEAST_SPREAD = 0.03  # a regular rhythm varies by so much with the breath

NAMES = (
    "interval_before",
    "interval_after",
    "after_to_before",
    "before_to_usual",
    "before_to_long",
    "before_to_longest",
    "previous_interval",
    "interval_before_previous",
    "local_interval",
    "irregularity",
    "prematurity",
    "spread",
)


class Rhythm:
    """The intervals between the beats of one patient, in s."""

    def __init__(self) -> None:
        self._intervals: deque[float] = deque(maxlen=LONG)
        self._deviations: deque[float] = deque(maxlen=SPREAD)

    def is_premature(self, before: float) -> bool:
        """Whether a beat that follows the last one after `before` s comes early."""
        return len(self._intervals) >= 4 and before < 0.85 * self._local(before)

    def add(self, before: float, after: float) -> dict[str, float]:
        """The rhythm of the next beat, by NAMES: `before` and `after` are the intervals to the
        beats around it. All values are about -2 to 2."""
        before, after = (min(max(interval, SHORTEST), LONGEST) for interval in (before, after))
        local = self._local(before)
        recent = list(self._intervals) or [before]
        usual, long, longest = np.percentile(recent, (50, 75, 90)).tolist()
        previous = recent[-1] if self._intervals else before
        before_previous = recent[-2] if len(recent) > 1 else previous
        steps = np.abs(np.diff(np.log(recent[-LOCAL:])))
        spread = float(np.median(self._deviations)) if self._deviations else FIRST_SPREAD
        early = log(before / local)
        values = (
            2 * early,
            2 * log(after / local),
            log(after / before),
            2 * log(before / usual),
            2 * log(before / long),
            2 * log(before / longest),
            2 * log(previous / local),
            2 * log(before_previous / local),
            2 * (local - FIRST_INTERVAL),
            6 * float(steps.mean()) if len(steps) else 0.6,
            early / (spread + LEAST_SPREAD) / 2,
            12 * spread,
        )
        self._intervals.append(before)
        self._deviations.append(abs(early))
        return dict(zip(NAMES, values, strict=True))

    @property
    def rate(self) -> float | None:
        """Beats a minute, by the local interval; None before the second beat."""
        return 60 / self._local(0) if self._intervals else None

    def _local(self, default: float) -> float:
        recent = list(self._intervals)[-LOCAL:]
        return float(np.median(recent)) if recent else default
