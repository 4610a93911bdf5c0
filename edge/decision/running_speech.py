"""Detect running speech: people who talk on and on, as in a conversation or on the radio.

A word that is meant as a command is said on its own. In running speech, parts of other words sound
like one of the words of a model, so a decision can demand a higher score there.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from edge.fields import Fields

MAX_TIME_S = 60.0
MAX_STEP_S = 0.2  # after a longer time without a window, that time was silence


@dataclass(frozen=True)
class RunningSpeechSettings:
    label: str
    """The label of other words."""
    time_s: float
    """Time constant of the moving average of the score of `label`."""
    share: float
    """There is running speech while the average is higher than this."""
    min_threshold: float
    """While there is running speech, no word has a lower threshold than this."""

    @classmethod
    def from_manifest(cls, background: Sequence[str], fields: Fields) -> RunningSpeechSettings:
        """FieldError, which names the field, if one is missing or has an impossible value."""
        return cls(
            label=fields.choice("label", background),
            time_s=fields.number("time_s", 0.1, MAX_TIME_S),
            share=fields.number("share", 0, 1),
            min_threshold=fields.number("min_threshold", 0, 1),
        )


class RunningSpeech:
    """An exponential moving average over time. It rises slowly, over some seconds of speech, and it
    falls below `share` within a second or two of silence."""

    def __init__(self, settings: RunningSpeechSettings) -> None:
        self._time_s, self._share = settings.time_s, settings.share
        self._average = 0.0
        self._t = -math.inf

    def update(self, t: float, score: float) -> bool:
        """Return whether there is running speech, from the score of `label` in the window at `t`.

        Time without windows (the level gate was closed) counts as silence.
        """
        elapsed = max(0.0, t - self._t)
        self._t = t
        weight = -math.expm1(-min(elapsed, MAX_STEP_S) / self._time_s)
        self._average = self._average * math.exp(-elapsed / self._time_s) + weight * score
        return self._average > self._share
