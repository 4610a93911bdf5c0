"""How a beat fits the rhythm: its intervals compared with those of the beats before it."""

from __future__ import annotations

from collections import deque
from math import log

import numpy as np

from edge.features.beats import sinus
from edge.features.beats.sinus import Sinus

LOCAL = 12  # intervals that give the local interval, about ten seconds
LONG = 64  # intervals that give the usual interval, about a minute
SPREAD = 32  # intervals that show how irregular the rhythm is
SHORTEST, LONGEST = 0.2, 2.0  # s; other intervals are counted as these
FIRST_INTERVAL = 0.8  # s, before the first beat
TINY = 1e-9  # s: equal intervals
ORDER = 32  # intervals that show whether they are in an order
EARLY = -0.12  # logarithm of an interval compared with the local one: the beat is early
STEP = 0.1  # logarithm of the change between two intervals: they differ
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
    "rank",
    "before_to_short",
    "share_of_steps",
    "step_size",
    "share_of_early",
    "turning_points",
    "after_to_local_without_early",
    "pair_before_to_local",
    "pair_around_to_local",
    "unevenness",
    "shorter_to_local",
    "after_early",
    *sinus.NAMES,
)


class Rhythm:
    """The intervals between the beats of one patient, in s."""

    def __init__(self) -> None:
        self._intervals: deque[float] = deque(maxlen=LONG)
        self._deviations: deque[float] = deque(maxlen=SPREAD)
        self._early: deque[bool] = deque(maxlen=ORDER)
        self._sinus = Sinus()

    def is_early(self, before: float) -> bool:
        """Whether a beat that follows the last one after `before` s is earlier than the sinus."""
        return self._sinus.is_early(before)

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
            *self._order(before, after, local),
            *self._sinus.add(before, after, local).values(),
        )
        self._intervals.append(before)
        self._early.append(early < EARLY)
        self._deviations.append(abs(early))
        return dict(zip(NAMES, values, strict=True))

    def _order(self, before: float, after: float, local: float) -> tuple[float, ...]:
        """The values that tell an early beat from a beat of an irregular rhythm."""
        recent = np.array(self._intervals or [before])
        steps = np.diff(np.log(recent[-ORDER:]))
        sizes = np.abs(steps) if len(steps) else np.array([FIRST_SPREAD])
        turns = steps[1:] * steps[:-1] < 0
        shorter, equal = recent < before - TINY, np.abs(recent - before) < TINY
        early = log(before / local)
        return (
            2 * float(shorter.mean() + equal.mean() / 2) - 1,
            2 * log(before / float(np.percentile(recent, 10))),
            2 * float((sizes > STEP).mean()),
            6 * float(sizes.mean()),
            4 * float(np.mean(self._early)) if self._early else 0.0,
            2 * float(turns.mean()) - 1 if len(turns) else 0.0,
            2 * log(after / local) - 2 * early,
            2 * log((before + recent[-1]) / (2 * local)),
            2 * log((before + after) / (2 * local)),
            4 * abs(log(after / before)),
            2 * log(min(before, after) / local),
            2.0 if self._early and self._early[-1] else 0.0,
        )

    @property
    def rate(self) -> float | None:
        """Beats a minute, by the local interval; None before the second beat."""
        return 60 / self._local(0) if self._intervals else None

    def _local(self, default: float) -> float:
        recent = list(self._intervals)[-LOCAL:]
        return float(np.median(recent)) if recent else default
